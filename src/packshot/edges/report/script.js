"use strict";
const root = document.documentElement;
const cards = [...document.querySelectorAll(".card")];
const filters = [...document.querySelectorAll("[data-state].tile, [data-code]")];
const search = document.getElementById("search");
const clear = document.getElementById("clear");
const shown = document.getElementById("shown");

function apply() {
  const pressed = filters.filter((button) => button.getAttribute("aria-pressed") === "true");
  const states = pressed.filter((button) => button.dataset.state).map((button) => button.dataset.state);
  const codes = pressed.filter((button) => button.dataset.code).map((button) => button.dataset.code);
  const wanted = search.value.trim().toLowerCase();
  let count = 0;
  for (const card of cards) {
    const own = card.dataset.codes.split(" ");
    const fits =
      (!states.length || states.includes(card.dataset.state)) &&
      codes.every((code) => own.includes(code)) &&
      card.dataset.name.toLowerCase().includes(wanted);
    card.hidden = !fits;
    count += fits;
  }
  shown.textContent = count === cards.length ? `${count} photos` : `${count} of ${cards.length} photos`;
  clear.hidden = !pressed.length && !wanted;
}

function toggle(button) {
  const pressed = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", String(pressed));
  return pressed;
}

for (const button of filters) {
  button.addEventListener("click", () => {
    toggle(button);
    apply();
  });
}
search.addEventListener("input", apply);
clear.addEventListener("click", () => {
  for (const button of filters) button.setAttribute("aria-pressed", "false");
  search.value = "";
  apply();
});
for (const name of ["masks", "boxes"]) {
  const button = document.getElementById(name);
  button.addEventListener("click", () => root.classList.toggle(`show-${name}`, toggle(button)));
}
for (const slider of document.querySelectorAll(".compare input")) {
  slider.addEventListener("input", () => slider.parentElement.style.setProperty("--at", `${slider.value}%`));
}
document.getElementById("theme").addEventListener("click", () => {
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
});
