// The photo: which of before and after, how large, and where in it.
"use strict";
(() => {
  const stage = document.getElementById("stage");
  if (!stage) return;
  const sheets = [...stage.querySelectorAll(".sheet")];
  const slider = document.getElementById("slider");
  const pixel = () => 1 / window.devicePixelRatio;
  const state = { view: "", zoom: "fit" };
  const NEAR = 28; // px beside the divider in which dragging moves it

  const pressed = (group, value) => {
    for (const button of document.querySelectorAll(`[data-${group}]`)) {
      button.setAttribute("aria-pressed", String(button.dataset[group] === value));
    }
  };

  function visible() {
    if (state.view !== "compare") return sheets.filter((sheet) => sheet.dataset.sheet === state.view);
    const laid = sheets.filter((sheet) => sheet.dataset.sheet === "compare");
    return laid.length ? laid : sheets;
  }

  function layOut() {
    const shown = visible();
    const room = { width: stage.clientWidth / shown.length - 4, height: stage.clientHeight };
    for (const sheet of sheets) {
      sheet.hidden = !shown.includes(sheet);
      const [width, height] = [Number(sheet.dataset.width), Number(sheet.dataset.height)];
      const scale = state.zoom === "fit"
        ? Math.min(room.width / width, room.height / height)
        : Number(state.zoom) * pixel();
      sheet.style.width = `${width * scale}px`;
      sheet.style.height = `${height * scale}px`;
    }
    stage.classList.toggle("pixels", state.zoom === "2");
    const overflows = stage.scrollWidth > stage.clientWidth + 1 || stage.scrollHeight > stage.clientHeight + 1;
    stage.classList.toggle("pans", overflows && state.view !== "paint");
    placeHandle();
  }

  // The middle of what is seen stays there, as a share of the photo.
  function keeping(change, share) {
    const middle = share || {
      x: (stage.scrollLeft + stage.clientWidth / 2) / stage.scrollWidth,
      y: (stage.scrollTop + stage.clientHeight / 2) / stage.scrollHeight,
    };
    change();
    layOut();
    stage.scrollLeft = middle.x * stage.scrollWidth - stage.clientWidth / 2;
    stage.scrollTop = middle.y * stage.scrollHeight - stage.clientHeight / 2;
  }

  function look(view) {
    keeping(() => { state.view = view; });
    pressed("view", view);
  }

  function zoom(size, share) {
    keeping(() => { state.zoom = size; }, share);
    pressed("zoom", size);
  }

  // The handle stays in sight when only a part of the photo is.
  function placeHandle() {
    if (!slider || !slider.offsetHeight) return;
    const middle = stage.scrollTop + Math.min(stage.clientHeight, slider.offsetHeight) / 2;
    slider.style.setProperty("--handle-position-start", `${100 * Math.min(1, middle / slider.offsetHeight)}%`);
  }

  for (const button of document.querySelectorAll("[data-view]")) {
    button.addEventListener("click", () => look(button.dataset.view));
  }
  for (const button of document.querySelectorAll("[data-zoom]")) {
    button.addEventListener("click", () => zoom(button.dataset.zoom));
  }
  for (const button of document.querySelectorAll("[data-show]")) {
    button.addEventListener("click", () => {
      const on = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(on));
      stage.classList.toggle(`show-${button.dataset.show}`, on);
    });
  }

  function nearDivider(event) {
    if (!slider || !slider.offsetWidth) return false;
    const place = slider.getBoundingClientRect();
    return Math.abs(event.clientX - place.left - (place.width * slider.value) / 100) < NEAR;
  }

  stage.addEventListener("mousedown", (event) => {
    const grabs = event.button === 1 || (event.button === 0 && stage.classList.contains("pans") && !nearDivider(event));
    if (!grabs || event.offsetX > stage.clientWidth && event.target === stage) return;
    event.preventDefault();
    event.stopPropagation();
    stage.focus({ preventScroll: true });
    stage.classList.add("panning");
    const from = { x: event.clientX + stage.scrollLeft, y: event.clientY + stage.scrollTop };
    const pan = (moved) => {
      stage.scrollLeft = from.x - moved.clientX;
      stage.scrollTop = from.y - moved.clientY;
    };
    const stop = () => {
      window.removeEventListener("mousemove", pan);
      stage.classList.remove("panning");
    };
    window.addEventListener("mousemove", pan);
    window.addEventListener("mouseup", stop, { once: true });
  }, true);

  stage.addEventListener("dblclick", (event) => {
    if (state.view === "paint") return;
    const sheet = visible()[0].getBoundingClientRect();
    const share = { x: (event.clientX - sheet.left) / sheet.width, y: (event.clientY - sheet.top) / sheet.height };
    zoom(state.zoom === "fit" ? "1" : "fit", share);
  });
  stage.addEventListener("scroll", placeHandle, { passive: true });
  slider?.addEventListener("slide", () => slider.setAttribute("aria-valuenow", String(Math.round(slider.value))));

  // A finding in the list shows its place; choosing it goes there.
  for (const line of document.querySelectorAll("[data-points]")) {
    const rects = [...stage.querySelectorAll(`[data-mark="${line.dataset.points}"]`)];
    const point = (on) => {
      for (const rect of rects) {
        rect.classList.toggle("pointed", on);
        rect.closest("svg").classList.toggle("pointed", on);
      }
    };
    const go = () => {
      if (state.view === "after") look("before");
      const rect = rects.find((one) => !one.closest(".sheet").hidden);
      if (!rect) return;
      const view = rect.ownerSVGElement.viewBox.baseVal;
      const box = rect.getBBox();
      zoom("1", { x: (box.x + box.width / 2) / view.width, y: (box.y + box.height / 2) / view.height });
    };
    line.addEventListener("mouseenter", () => point(true));
    line.addEventListener("mouseleave", () => point(false));
    line.addEventListener("focus", () => point(true));
    line.addEventListener("blur", () => point(false));
    line.addEventListener("click", go);
    line.addEventListener("keydown", (event) => {
      if (event.key === "Enter") go();
    });
  }

  new ResizeObserver(() => layOut()).observe(stage);
  window.viewer = { look, view: () => state.view, stage };
  look(sheets.some((sheet) => sheet.dataset.sheet === "after") ? "compare" : "before");
})();
