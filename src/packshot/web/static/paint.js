// Painting over the original, pixel by pixel of it, and having that erased.
"use strict";
(() => {
  const canvas = document.getElementById("paint");
  const tools = document.getElementById("paint-tools");
  if (!canvas || !tools) return;
  const COLOUR = "#ff0066";
  const opener = document.getElementById("paint-open");
  const ring = document.getElementById("ring");
  const size = document.getElementById("brush-size");
  const shown = document.getElementById("brush-shown");
  const undo = document.getElementById("undo-stroke");
  const erase = document.getElementById("erase");
  const pen = canvas.getContext("2d");
  const strokes = [];
  let tool = "brush";
  let current = null;
  let left = "";

  size.max = String(Math.max(100, Math.round(canvas.width / 4)));
  setSize(Math.max(8, Math.round(Math.max(canvas.width, canvas.height) / 50)));

  const scale = () => canvas.getBoundingClientRect().width / canvas.width;

  function setSize(pixels) {
    size.value = String(pixels);
    shown.textContent = `${size.value} px`;
  }

  function draw(stroke, from) {
    pen.globalCompositeOperation = stroke.tool === "eraser" ? "destination-out" : "source-over";
    pen.strokeStyle = pen.fillStyle = COLOUR;
    pen.lineWidth = stroke.size;
    pen.lineCap = pen.lineJoin = "round";
    pen.beginPath();
    const points = stroke.points.slice(Math.max(0, from - 1));
    pen.moveTo(points[0].x, points[0].y);
    // A line of no length draws its round ends: a dab.
    for (const point of points.length > 1 ? points.slice(1) : points) pen.lineTo(point.x, point.y);
    pen.stroke();
  }

  function tell() {
    const painted = strokes.some((stroke) => stroke.tool === "brush");
    undo.disabled = !strokes.length;
    erase.disabled = !painted;
  }

  function place(event) {
    const box = canvas.getBoundingClientRect();
    return { x: (event.clientX - box.left) / scale(), y: (event.clientY - box.top) / scale() };
  }

  function moveRing(event) {
    const inside = event.target === canvas || current;
    ring.hidden = !inside;
    if (!inside) return;
    const stage = window.viewer.stage;
    const around = stage.getBoundingClientRect();
    const across = Number(size.value) * scale();
    ring.style.width = ring.style.height = `${across}px`;
    ring.style.left = `${event.clientX - around.left + stage.scrollLeft - across / 2}px`;
    ring.style.top = `${event.clientY - around.top + stage.scrollTop - across / 2}px`;
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    current = { tool, size: Number(size.value), points: [place(event)] };
    strokes.push(current);
    draw(current, 0);
    tell();
  });
  canvas.addEventListener("pointermove", (event) => {
    moveRing(event);
    if (!current) return;
    const from = current.points.length;
    const events = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
    for (const one of events.length ? events : [event]) current.points.push(place(one));
    draw(current, from);
  });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => { current = null; });
  canvas.addEventListener("pointerleave", moveRing);

  function choose(name) {
    tool = name;
    for (const button of tools.querySelectorAll("[data-tool]")) {
      button.setAttribute("aria-pressed", String(button.dataset.tool === name));
    }
  }

  function open(on) {
    if (on) left = window.viewer.view();
    tools.hidden = canvas.hidden = !on;
    opener.setAttribute("aria-pressed", String(on));
    window.viewer.look(on ? "before" : left);
    window.viewer.stage.classList.toggle("paints", on);
    if (on) window.viewer.stage.classList.remove("pans");
    ring.hidden = true;
  }

  opener.addEventListener("click", () => open(canvas.hidden));
  document.getElementById("paint-close").addEventListener("click", () => open(false));
  for (const button of document.querySelectorAll("[data-view]")) {
    button.addEventListener("click", () => {
      if (canvas.hidden) return;
      left = button.dataset.view;
      open(false);
    });
  }
  for (const button of tools.querySelectorAll("[data-tool]")) {
    button.addEventListener("click", () => choose(button.dataset.tool));
  }
  size.addEventListener("input", () => setSize(Number(size.value)));
  const step = (factor) => setSize(Math.max(Number(size.value) + Math.sign(factor - 1), Math.round(Number(size.value) * factor)));
  document.getElementById("larger").addEventListener("click", () => step(1.25));
  document.getElementById("smaller").addEventListener("click", () => setSize(Math.floor(Number(size.value) / 1.25)));
  undo.addEventListener("click", () => {
    strokes.pop();
    pen.clearRect(0, 0, canvas.width, canvas.height);
    for (const stroke of strokes) draw(stroke, 0);
    tell();
  });

  function mask() {
    const flat = document.createElement("canvas");
    [flat.width, flat.height] = [canvas.width, canvas.height];
    const ink = flat.getContext("2d");
    ink.drawImage(canvas, 0, 0);
    ink.globalCompositeOperation = "source-in";
    ink.fillStyle = "#fff";
    ink.fillRect(0, 0, flat.width, flat.height);
    ink.globalCompositeOperation = "destination-over";
    ink.fillStyle = "#000";
    ink.fillRect(0, 0, flat.width, flat.height);
    return new Promise((resolve) => flat.toBlob(resolve, "image/png"));
  }

  function say(text) {
    const said = document.createElement("p");
    said.className = "notice";
    said.textContent = text;
    document.getElementById("notice").replaceChildren(said);
  }

  tools.addEventListener("submit", async (event) => {
    event.preventDefault();
    erase.disabled = true;
    const body = new FormData(tools);
    const picture = await mask();
    if (!picture) {
      say("This photo is too large to paint on in this browser.");
      return;
    }
    body.append("mask", picture, "mask.png");
    try {
      const answer = await fetch(tools.dataset.action, { method: "POST", body, headers: { "HX-Request": "true" } });
      const next = answer.headers.get("HX-Redirect");
      if (answer.ok && next) {
        window.location.assign(next);
        return;
      }
      const told = new DOMParser().parseFromString(await answer.text(), "text/html");
      say(told.body.textContent.trim());
    } catch {
      say("The service does not answer. What you painted is still here; try again.");
    }
    tell();
  });
  window.addEventListener("beforeunload", (event) => {
    if (strokes.length && !erase.disabled && !canvas.hidden) event.preventDefault();
  });
})();
