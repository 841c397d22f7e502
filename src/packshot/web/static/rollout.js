// A rollout: its curves with their bounds, drawn from the table below them, and what a reader had open is kept
// when the part that changes comes anew.
"use strict";
(() => {
  const state = document.getElementById("state");
  const SCALE = { points: 100, percent: 100, number: 1 };
  const FAR = 1e6; // a bound that is not known lies beyond every chart
  const two = (number) => String(number).padStart(2, "0");
  let made = [];

  function time(at) {
    const day = new Date(at * 1000);
    return `${day.getUTCDate()}.${day.getUTCMonth() + 1}. ${two(day.getUTCHours())}:${two(day.getUTCMinutes())}`;
  }

  function series(lines, column, scale) {
    const read = (name, otherwise) => lines.map((line) => {
      const told = line.cells[column].dataset;
      if (told.effect === undefined) return null;
      return told[name] === undefined ? otherwise : Number(told[name]) * scale;
    });
    return { effect: read("effect", null), lower: read("lower", -FAR), upper: read("upper", FAR) };
  }

  // What is said at the end fills the chart; what lay far beyond it in the beginning is cut off.
  function range(found, limit) {
    const last = (values) => values.filter((value) => value !== null && Math.abs(value) < FAR).at(-1) ?? 0;
    const ends = [0, limit, ...found.effect.filter((value) => value !== null), last(found.lower), last(found.upper)];
    const [low, high] = [Math.min(...ends), Math.max(...ends)];
    const margin = (high - low || 1) * 0.15;
    return [low - margin, high + margin];
  }

  function marks(lines, quiet, text, limit) {
    return (chart) => {
      const pen = chart.ctx;
      const { left, top, width, height } = chart.bbox;
      const line = (x1, y1, x2, y2, colour, dashes) => {
        pen.save();
        pen.beginPath();
        pen.strokeStyle = colour;
        pen.lineWidth = window.devicePixelRatio;
        pen.setLineDash(dashes.map((dash) => dash * window.devicePixelRatio));
        pen.moveTo(x1, y1);
        pen.lineTo(x2, y2);
        pen.stroke();
        pen.restore();
      };
      const zero = chart.valToPos(0, "y", true);
      line(left, zero, left + width, zero, quiet, []);
      const held = chart.valToPos(limit, "y", true);
      line(left, held, left + width, held, text, [5, 4]);
      lines.forEach((one, at) => {
        if (at === 0 || one.dataset.phase === lines[at - 1].dataset.phase) return;
        const x = chart.valToPos(Number(one.dataset.at), "x", true);
        line(x, top, x, top + height, quiet, [1, 3]);
      });
    };
  }

  function draw() {
    for (const chart of made) chart.destroy();
    made = [];
    const table = document.getElementById("history");
    if (!table) return;
    const lines = [...table.tBodies[0].rows];
    const times = lines.map((line) => Number(line.dataset.at));
    const probe = document.body.appendChild(document.createElement("span"));
    const colour = (name) => {
      probe.style.color = `var(${name})`;
      return getComputedStyle(probe).color;
    };
    const [quiet, grid, accent, text] = ["--quiet", "--line", "--accent", "--text"].map(colour);
    probe.remove();
    const font = `11px ${getComputedStyle(document.body).fontFamily}`;
    const axis = { stroke: quiet, font, grid: { stroke: grid, width: 1 }, ticks: { show: false } };
    const pale = accent.replace("rgb(", "rgba(").replace(")", ", .16)");
    for (const place of document.querySelectorAll("#state .chart")) {
      const scale = SCALE[place.dataset.unit];
      const found = series(lines, Number(place.dataset.column) + 1, scale);
      const limit = Number(place.dataset.limit) * scale;
      const ends = range(found, limit);
      const single = times.length === 1;
      made.push(new uPlot({
        width: place.clientWidth,
        height: place.clientHeight,
        padding: [8, 14, 0, 0],
        legend: { show: false },
        cursor: { y: false, drag: { x: false, y: false } },
        scales: { x: { range: (_, low, high) => single ? [low - 60, high + 60] : [low, high] }, y: { range: () => ends } },
        axes: [
          { ...axis, size: 24, gap: 7, space: 80, grid: { show: false }, values: (_, at) => at.map(time) },
          { ...axis, size: 44, gap: 4, space: 26, values: (_, at) => at.map((mark) => String(Math.round(mark * 100) / 100).replace("-", "−")) },
        ],
        series: [
          {},
          { stroke: pale, width: 1, points: { show: false } },
          { stroke: pale, width: 1, points: { show: false } },
          { stroke: accent, width: 2, points: { show: lines.length < 30, size: 5, stroke: accent, fill: accent } },
        ],
        bands: [{ series: [1, 2], fill: pale }],
        hooks: { draw: [marks(lines, quiet, text, limit)] },
      }, [times, found.upper, found.lower, found.effect], place));
    }
  }

  // Both results in full, one over the other.
  const pair = document.getElementById("pair");
  pair.addEventListener("slide", () => pair.setAttribute("aria-valuenow", String(Math.round(pair.value))));
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-open=compare]");
    if (!opener) return;
    document.getElementById("compare-title").textContent = opener.dataset.name;
    for (const [slot, source, words] of [["first", "live", "Live"], ["second", "candidate", "Candidate"]]) {
      pair.querySelector(`[slot=${slot}]`)?.remove();
      const picture = Object.assign(document.createElement("img"), { slot, alt: words, draggable: false, src: opener.dataset[source] });
      pair.append(picture);
    }
  });

  const kept = { open: new Map(), scrolled: new Map() };
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target !== state) return;
    for (const one of state.querySelectorAll("details[id]")) kept.open.set(one.id, one.open);
    for (const one of state.querySelectorAll("[id$=-scroll]")) kept.scrolled.set(one.id, [one.scrollLeft, one.scrollTop]);
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== state) return;
    for (const [id, open] of kept.open) document.getElementById(id)?.toggleAttribute("open", open);
    for (const [id, [left, top]] of kept.scrolled) document.getElementById(id)?.scrollTo(left, top);
    draw();
  });

  draw();
  let width = window.innerWidth;
  window.addEventListener("resize", () => {
    if (window.innerWidth !== width) draw();
    width = window.innerWidth;
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
})();
