// The controls hide what is of another score or data set; a mark or a cell that is pointed at tells its values.
"use strict";
const controls = document.querySelector(".controls");
const chosen = Object.fromEntries([...controls.querySelectorAll("select")].map((select) => [select.name, select]));
const choose = () => {
  for (const element of document.querySelectorAll("[data-score], [data-setting]")) {
    const off = Object.entries(chosen).some(([name, { value }]) => value && (element.dataset[name] ?? value) !== value);
    element.classList.toggle("off", off);
  }
};
controls.hidden = false;
controls.addEventListener("change", choose);
choose();

const tip = document.getElementById("tip");
document.addEventListener("pointerover", ({ target, clientX, clientY }) => {
  const told = target.closest("[data-tip]");
  tip.hidden = !told;
  if (!told) return;
  tip.textContent = told.dataset.tip;
  tip.style.left = `${Math.max(8, Math.min(clientX + 12, innerWidth - tip.offsetWidth - 8))}px`;
  tip.style.top = `${clientY + 20 + tip.offsetHeight > innerHeight ? clientY - tip.offsetHeight - 12 : clientY + 20}px`;
});
