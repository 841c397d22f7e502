// Curves over time, drawn from the table below them.
"use strict";
(() => {
  const table = document.getElementById("curve");
  if (!table) return;
  const lines = [...table.tBodies[0].rows];
  const times = lines.map((line) => Number(line.dataset.at));
  const hours = table.dataset.span === "day";
  const two = (number) => String(number).padStart(2, "0");
  let made = [];

  function label(at) {
    const day = new Date(at * 1000);
    return hours ? `${two(day.getUTCHours())}:${two(day.getUTCMinutes())}` : `${day.getUTCDate()}.${day.getUTCMonth() + 1}.`;
  }

  function number(value, unit) {
    if (value === null || value === undefined) return "–";
    if (unit === "percent") return `${Math.round(value * 1000) / 10} %`;
    if (unit === "seconds") return value >= 5400 ? `${Math.round(value / 360) / 10} h` : value >= 90 ? `${Math.round(value / 60)} min` : `${Math.round(value * 10) / 10} s`;
    return String(Math.round(value * 1000) / 1000);
  }

  function draw() {
    for (const chart of made) chart.destroy();
    made = [];
    const probe = document.body.appendChild(document.createElement("span"));
    const colour = (name) => {
      probe.style.color = `var(${name})`;
      return getComputedStyle(probe).color;
    };
    const [quiet, line, accent] = ["--quiet", "--line", "--accent"].map(colour);
    const font = `11px ${getComputedStyle(document.body).fontFamily}`;
    for (const place of document.querySelectorAll(".chart")) {
      const column = Number(place.dataset.column) + 1;
      const unit = place.dataset.unit;
      const values = lines.map((one) => {
        const value = one.cells[column].dataset.value;
        return value === undefined ? null : Number(value);
      });
      if (values.every((value) => value === null)) continue;
      const axis = { stroke: quiet, font, grid: { stroke: line, width: 1 }, ticks: { show: false } };
      made.push(new uPlot({
        width: place.clientWidth,
        height: place.clientHeight,
        padding: [8, 12, 0, 0],
        legend: { show: false },
        cursor: { y: false, drag: { x: false, y: false } },
        scales: {
          y: { range: (_, low, high) => unit === "0 to 1" ? [Math.min(low, 0.9), 1] : [0, high > 0 ? high * 1.1 : 1] },
        },
        axes: [
          { ...axis, size: 24, gap: 7, space: 56, grid: { show: false }, values: (_, marks) => marks.map(label) },
          { ...axis, size: 48, gap: 4, space: 30, values: (_, marks) => marks.map((mark) => number(mark, unit)) },
        ],
        series: [
          {},
          { stroke: accent, width: 2, fill: accent.replace("rgb(", "rgba(").replace(")", ", .12)"), points: { show: true, size: 5, stroke: accent, fill: accent } },
        ],
      }, [times, values], place));
    }
    probe.remove();
  }

  draw();
  let width = window.innerWidth;
  window.addEventListener("resize", () => {
    if (window.innerWidth !== width) draw();
    width = window.innerWidth;
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
})();
