// The explorer: a threshold, costs, a capacity and a share of positives give numbers of new rows, each with its band.
// A range is [estimate, low, high]; its rules are those of threshold_bands.py, which say where they come from.
"use strict";
{
const section = document.getElementById("explorer");
const data = JSON.parse(section.querySelector("script").textContent);
const form = section.querySelector("form");
const fields = form.elements;
const thresholds = data.thresholds;
const QUIET = 600;  // milliseconds without a change before the numbers are read out
const command = section.querySelector(".command span");  // null without a saved model
let announcing;

const scale = (range, factor) => range.map((value) => factor * value);
const complement = ([estimate, low, high]) => [1 - estimate, 1 - high, 1 - low];
const add = (first, second) => {
  const total = first[0] + second[0];
  return [
    total,
    total - Math.hypot(first[0] - first[1], second[0] - second[1]),
    total + Math.hypot(first[2] - first[0], second[2] - second[0]),
  ];
};
const lowestOdds = ([part, partLow], [rest, , restHigh]) => {
  const ofPart = Math.max(part ** 2 - (part - partLow) ** 2, 0), ofRest = rest ** 2 - (restHigh - rest) ** 2;
  const divisor = part * rest + Math.sqrt(Math.max((part * rest) ** 2 - ofPart * ofRest, 0));
  return divisor > 0 ? ofPart / divisor : 0;
};
const shareOfOdds = (odds) => odds / (1 + odds);
const relate = (part, rest) => [  // the share of the part in both; its highest odds are 1 / the lowest odds of the rest
  part[0] / (part[0] + rest[0]), shareOfOdds(lowestOdds(part, rest)), 1 - shareOfOdds(lowestOdds(rest, part)),
];

const readNumber = (name, otherwise) => {  // what a field holds; another value where it is empty or out of bounds
  const field = fields[name];
  return field && field.value !== "" && field.checkValidity() ? Number(field.value) : otherwise;
};
const readRequest = () => {
  const share = data.positives / (data.positives + data.negatives);
  const isShifted = fields.share.value !== fields.share.defaultValue;  // what the field shows at first is rounded
  const rows = readNumber("rows", Number(fields.rows.defaultValue));
  return {
    rows, share: isShifted ? readNumber("share", 100 * share) / 100 : share, fn: readNumber("fn", NaN), fp: readNumber("fp", NaN),
  };
};

const countOutcomes = (place, { rows, share, fn, fp }) => {
  const recall = [data.flagged_positives[place] / data.positives, ...data.recall_ends[place]];
  const fpr = [data.flagged_negatives[place] / data.negatives, ...data.fpr_ends[place]];
  const right = scale(recall, rows * share), falseAlarms = scale(fpr, rows * (1 - share));
  const missed = scale(complement(recall), rows * share);
  return {
    flagged: add(right, falseAlarms), right, false_alarms: falseAlarms, missed,
    left_alone: scale(complement(fpr), rows * (1 - share)),
    precision: relate(right, falseAlarms), recall, cost: add(scale(missed, fn), scale(falseAlarms, fp)),
  };
};
const findNearest = (threshold) =>
  thresholds.reduce((best, value, place) => Math.abs(value - threshold) < Math.abs(thresholds[best] - threshold) ? place : best, 0);
const findCheapest = (request) => {
  const costs = thresholds.map((_, place) => countOutcomes(place, request).cost[0]);
  return costs.reduce((best, cost, place) => cost < costs[best] ? place : best, data.chosen);
};
const findWithin = (capacity, request) => {  // the lowest threshold that flags no more; the highest one where all do
  const place = thresholds.findIndex((_, each) => countOutcomes(each, request).flagged[0] <= capacity * (1 + 1e-9));
  return place < 0 ? thresholds.length - 1 : place;
};

const writeNumber = (value) => {
  const tenths = Math.floor(10 * value + 0.5);
  return tenths < 100 ? (tenths / 10).toFixed(1) : Math.floor(value + 0.5).toLocaleString("en-US");
};
const writeAmount = (value) => value < 100 ? String(Number(value.toPrecision(3))) : Math.floor(value + 0.5).toLocaleString("en-US");
const writeThreshold = (place) => place === data.chosen ? fields.threshold.defaultValue : String(thresholds[place]);
const showOutcome = (row, name, range) => {
  const [unit, factor] = name === "precision" || name === "recall" ? [" %", 100] : ["", 1];
  const [value, low, high] = scale(range, factor).map(name === "cost" ? writeAmount : writeNumber);
  const isKnown = Number.isFinite(range[0]);
  row.querySelector(".number").textContent = isKnown ? value + unit : "–";
  row.querySelector(".band").textContent = isKnown ? `${low} to ${high}${unit}` : "";
  row.hidden = name === "cost" && !isKnown;
};
const showCheapest = (request) => {
  if (!fields.cheapest) return;
  const paragraph = form.querySelector(".cheapest"), place = findCheapest(request);
  const cost = countOutcomes(place, request).cost[0];
  paragraph.hidden = !Number.isFinite(cost);
  paragraph.querySelector("span").textContent = `Cheapest on these test rows: ${writeThreshold(place)}, which costs ${writeAmount(cost)}. On new rows another may be.`;
};
const showBeyond = (flagged) => {  // where a capacity is typed that no threshold keeps
  const paragraph = form.querySelector(".beyond");
  paragraph.hidden = !(flagged > readNumber("capacity", NaN) * (1 + 1e-9));
  paragraph.textContent = paragraph.hidden ? "" : `No threshold flags so few: the highest one flags ${writeNumber(flagged)}.`;
};
const announce = () => {
  const cells = ["flagged", "right", "missed"].map((name) => section.querySelector(`[data-outcome=${name}] .number`));
  const [flagged, right, missed] = cells.map((cell) => cell.textContent);
  form.querySelector("output").textContent =
    `Threshold ${fields.threshold.value}: ${flagged} flagged, ${right} of them right, ${missed} missed. ${form.querySelector(".beyond").textContent}`.trim();
};
const draw = () => {
  const place = Number(fields.place.value), request = readRequest(), outcomes = countOutcomes(place, request);
  for (const row of section.querySelectorAll("[data-outcome]")) showOutcome(row, row.dataset.outcome, outcomes[row.dataset.outcome]);
  section.querySelector("caption .rows").textContent = request.rows.toLocaleString("en-US");
  section.querySelector("caption .threshold").textContent = writeThreshold(place);
  if (command) command.textContent = place === data.chosen ? "" : ` --threshold ${writeThreshold(place)}`;
  fields.place.setAttribute("aria-valuetext", writeThreshold(place));
  showBeyond(outcomes.flagged[0]);
  showCheapest(request);
};
const show = () => {
  draw();
  clearTimeout(announcing);
  announcing = setTimeout(announce, QUIET);
};
const moveTo = (place) => {
  fields.place.value = place;
  fields.threshold.value = writeThreshold(place);
};

const handleInput = ({ target }) => {  // the threshold that is typed counts when it is complete
  if (target === fields.threshold) return;
  if (target === fields.place) return choose(Number(target.value));
  const capacity = readNumber("capacity", NaN);
  if (!Number.isNaN(capacity)) moveTo(findWithin(capacity, readRequest()));  // again for other rows, or another share
  show();
};
const handleTyped = ({ target }) => {
  const typed = Number(target.value.replace(",", "."));
  choose(target.value.trim() === "" || Number.isNaN(typed) ? Number(fields.place.value) : findNearest(typed));
};
const choose = (place) => {
  fields.capacity.value = "";
  moveTo(place);
  show();
};

form.hidden = false;
form.reset();  // a browser may keep what was typed before the page was loaded again
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("input", handleInput);
fields.threshold.addEventListener("change", handleTyped);
fields.chosen.addEventListener("click", () => choose(data.chosen));
if (fields.cheapest) fields.cheapest.addEventListener("click", () => choose(findCheapest(readRequest())));
draw();
}
