// The controls hide what is of another score or data set; a mark that is pointed at tells its values.
"use strict";
const controls = document.querySelector(".controls");
const chosen = Object.fromEntries([...controls.querySelectorAll("select")].map((select) => [select.name, select]));
const choose = () => {
  for (const element of document.querySelectorAll("[data-score], [data-setting]")) {
    const off = Object.entries(chosen).some(([name, { value }]) => value && (element.dataset[name] ?? value) !== value);
    element.classList.toggle("off", off);
  }
  reach();
};
const reach = () => {  // by the keyboard, what can be scrolled, and nothing else
  for (const element of document.querySelectorAll(".wide, pre")) {
    element.tabIndex = element.scrollWidth > element.clientWidth ? 0 : -1;
  }
};
controls.hidden = false;
controls.addEventListener("change", choose);
addEventListener("resize", reach);
choose();

const tip = document.getElementById("tip");
document.addEventListener("keydown", ({ key }) => {
  if (key === "Escape") tip.hidden = true;
});
document.addEventListener("pointerover", ({ target, clientX, clientY }) => {
  const told = target.closest("[data-tip]");
  tip.hidden = !told;
  if (!told) return;
  tip.textContent = told.dataset.tip;
  tip.style.left = `${Math.max(8, Math.min(clientX + 12, innerWidth - tip.offsetWidth - 8))}px`;
  tip.style.top = `${clientY + 20 + tip.offsetHeight > innerHeight ? clientY - tip.offsetHeight - 12 : clientY + 20}px`;
});
