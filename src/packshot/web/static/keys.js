// Single keys press the buttons and links that name them in data-key; dialogs open by data-open.
"use strict";
(() => {
  const STORED = "packshot-keys";
  const isOn = () => localStorage.getItem(STORED) !== "off";
  const typing = (element) => element.closest("input:not([type=checkbox], [type=radio], [type=range]), textarea, select, [contenteditable]");

  const reachable = (element) => !element.disabled && !element.closest("[hidden]") && element.getClientRects().length > 0;

  function holder(key) {
    const within = document.querySelector("dialog[open]") || document;
    return [...within.querySelectorAll("[data-key]")].find((element) => element.dataset.key === key && reachable(element));
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.isComposing) return;
    if (!isOn() || typing(event.target)) return;
    const found = holder(event.key);
    if (!found) return;
    event.preventDefault();
    found.click();
  });

  function listKeys() {
    const list = document.getElementById("keys-list");
    list.replaceChildren();
    for (const element of document.querySelectorAll("[data-key]")) {
      if (element.disabled || element.closest("dialog")) continue;
      const term = list.appendChild(document.createElement("dt"));
      term.appendChild(document.createElement("kbd")).textContent = element.dataset.key;
      list.appendChild(document.createElement("dd")).textContent = element.dataset.does || element.title;
    }
  }

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-open]");
    if (opener) {
      const dialog = document.getElementById(opener.dataset.open);
      if (dialog.id === "keys") listKeys();
      dialog.showModal();
    }
    const closer = event.target.closest("[data-close]");
    if (closer) closer.closest("dialog").close();
    if (event.target.matches("dialog")) event.target.close(); // beside the dialog, on its backdrop
  });

  document.addEventListener("DOMContentLoaded", () => {
    const box = document.getElementById("keys-on");
    if (!box) return;
    box.checked = isOn();
    box.addEventListener("change", () => localStorage.setItem(STORED, box.checked ? "on" : "off"));
  });

  // What was said about an earlier request does not stay beside the next one; a refused one closes its dialog,
  // or what is said would be behind it.
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.requestConfig.verb === "post") document.getElementById("notice").replaceChildren();
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.requestConfig.verb === "post") event.detail.elt.closest("dialog")?.close();
  });
  function say(text) {
    const said = document.createElement("p");
    said.className = "notice";
    said.textContent = text;
    document.getElementById("notice").replaceChildren(said);
  }

  // What is refused before it reaches a page, such as too large a request, is answered as the API does.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const answer = event.detail.xhr;
    if (!(answer.getResponseHeader("content-type") || "").includes("json")) return;
    event.detail.shouldSwap = false;
    say(JSON.parse(answer.responseText).detail);
  });
  document.addEventListener("htmx:sendError", () => {
    say("The service does not answer. Try again, and look first whether it was done.");
  });
})();
