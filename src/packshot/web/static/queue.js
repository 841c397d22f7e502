// The queue: moving, selecting, and deciding about what is selected.
"use strict";
(() => {
  const rows = () => [...document.querySelectorAll("#rows .row")];
  const boxes = () => [...document.querySelectorAll("#rows [name=job]")];
  const chosen = () => boxes().filter((box) => box.checked);
  let at = 0;

  function current() {
    const list = rows();
    const focused = list.findIndex((row) => row.contains(document.activeElement));
    if (focused >= 0) at = focused;
    return list[at];
  }

  function move(step) {
    const list = rows();
    const inside = current() && current().contains(document.activeElement);
    at = Math.max(0, Math.min(list.length - 1, inside ? at + step : at));
    const row = list[at];
    if (!row) return;
    row.querySelector(".open").focus({ focusVisible: true, preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }

  function tell() {
    const text = document.getElementById("chosen");
    if (!text) return;
    const picked = chosen().map((box) => box.closest(".row"));
    const merchants = new Set(picked.map((row) => row.dataset.merchant));
    const mixed = merchants.size > 1;
    text.textContent = !picked.length ? "Nothing selected"
      : mixed ? `${picked.length} selected of several merchants: keep one merchant's`
        : `${picked.length} selected`;
    for (const name of ["approve", "reject-open"]) document.getElementById(name).disabled = mixed;
    document.getElementById("clear").hidden = !picked.length;
  }

  // Deciding with nothing selected is about the photo that one is at.
  function ensureOne() {
    if (chosen().length) return true;
    const row = current();
    if (!row || !row.contains(document.activeElement)) return false;
    row.querySelector("[name=job]").checked = true;
    tell();
    return true;
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || localStorage.getItem("packshot-keys") === "off") return;
    if (event.target.closest("textarea, select, dialog, input:not([type=checkbox])")) return;
    if (event.key === "j" || event.key === "k") {
      move(event.key === "j" ? 1 : -1);
    } else if (event.key === "x") {
      const box = current()?.querySelector("[name=job]");
      if (box) box.click();
    } else if (event.key === "a" || event.key === "r") {
      ensureOne();
      return; // the button that has this key does the rest
    } else {
      return;
    }
    event.preventDefault();
  }, true);

  document.addEventListener("click", (event) => {
    if (event.target.closest("#clear")) {
      for (const box of chosen()) box.checked = false;
      tell();
    }
    const opener = event.target.closest("#reject-open");
    if (opener) {
      const many = chosen().length;
      document.getElementById("reject-count").textContent = many === 1 ? "1 photo" : `${many} photos`;
    }
  });

  // A shift-click selects everything in between, as lists of files do.
  let last = null;
  document.addEventListener("click", (event) => {
    const box = event.target.closest("#rows [name=job]");
    if (!box) return;
    const list = boxes();
    if (event.shiftKey && last && list.includes(last)) {
      const [from, to] = [list.indexOf(last), list.indexOf(box)].sort((a, b) => a - b);
      for (const between of list.slice(from, to + 1)) between.checked = box.checked;
    }
    last = box;
    tell();
  });

  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.elt.id !== "reject-form") return;
    for (const box of chosen()) event.detail.formData.append("job", box.value);
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target.id !== "queue") return;
    tell();
    if (rows().length && event.detail.requestConfig.verb === "post") {
      at = Math.min(at, rows().length - 1);
      move(0);
    }
  });
  document.addEventListener("DOMContentLoaded", tell);
})();
