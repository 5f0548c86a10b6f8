// The controls hide what belongs to another score or data set. A mark shows its values when it is pointed at.
"use strict";
const controls = document.querySelector(".controls");  // none on the page of one's own data
const chosen = Object.fromEntries([...document.querySelectorAll(".controls select")].map((select) => [select.name, select]));
const choose = () => {
  for (const element of document.querySelectorAll("[data-score], [data-setting]")) {
    const off = Object.entries(chosen).some(([name, { value }]) => value && (element.dataset[name] ?? value) !== value);
    element.classList.toggle("off", off);
  }
  updateTabOrder();
};
const updateTabOrder = () => {  // the keyboard reaches what can be scrolled, and nothing else
  for (const element of document.querySelectorAll(".wide, pre")) {
    element.tabIndex = element.scrollWidth > element.clientWidth ? 0 : -1;
  }
};
if (controls) {
  controls.hidden = false;
  controls.addEventListener("change", choose);
}
addEventListener("resize", updateTabOrder);
document.addEventListener("toggle", updateTabOrder, true);  // what is folded has no width
choose();

const tip = document.getElementById("tip");
document.addEventListener("keydown", ({ key }) => {
  if (key === "Escape") tip.hidden = true;
});
document.addEventListener("pointerover", ({ target, clientX, clientY }) => {
  const mark = target.closest("[data-tip]");
  tip.hidden = !mark;
  if (!mark) return;
  tip.textContent = mark.dataset.tip;
  tip.style.left = `${Math.max(8, Math.min(clientX + 12, innerWidth - tip.offsetWidth - 8))}px`;
  tip.style.top = `${clientY + 20 + tip.offsetHeight > innerHeight ? clientY - tip.offsetHeight - 12 : clientY + 20}px`;
});
