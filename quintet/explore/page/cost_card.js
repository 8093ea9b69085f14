// The answers that rows of every kind share: the bits of a row, and how strange it is.

import { announce, byId, shown, shownProbability } from "./elements.js";

const NATS = Math.LN2; // of one bit

/** The cost of a row in words: bits, or nats where its numbers have any number of decimals. */
function shownCost(page, nats) {
  return page.row.grain === null ? `${shown(nats)} nats` : `${shown((nats + page.row.grain) / NATS)} bits`;
}

/** Show what a row costs, as by `detect` of `answers.js`; `what` its cells are called; `hidden`: whether some are. */
export function showCost(page, spent, what, hidden) {
  const { levels, size, grain } = page.row;
  const { middle } = page.score;
  byId("bits").textContent = shownCost(page, spent.nats);
  const plain = levels ? size * Math.log(levels) : null;
  const notes = [];
  if (spent.rate !== null && grain !== null) {
    notes.push(`${shown(spent.rate / NATS)} for the latents, ${shown((spent.nats - spent.rate + grain) / NATS)} for the ${what}.`);
  }
  if (hidden) notes.push(`The cost of the visible ${what} is scaled to the whole row.`);
  if (plain) notes.push(`Without a model ${shownCost(page, plain)}.`);
  if (middle !== null) notes.push(`Half of the held-out rows cost less than ${shownCost(page, middle)}.`);
  if (grain === null) notes.push("Its numbers have any number of decimals, so this is a density, not a length.");
  byId("bits-note").textContent = notes.join(" ");
  const most = Math.max(plain ?? 0, spent.nats, 2 * (middle ?? 0), 1e-9);
  const width = (nats) => `${Math.min(100, (100 * Math.max(nats, 0)) / most)}%`;
  byId("bar-latents").style.width = width(spent.rate ?? 0);
  byId("bar-cells").style.width = width(spent.nats - (spent.rate ?? 0));
}

/** Show a p-value, {p}; null where there is none. */
export function showStrangeness(page, strange) {
  const value = byId("p-value");
  value.textContent = strange ? `p = ${shownProbability(strange.p)}`.replace("= below", "<") : "p = –";
  value.classList.toggle("alarm", Boolean(strange && strange.p < 0.05));
  byId("strange-note").textContent = sentence(page, strange);
}

function sentence(page, strange) {
  if (!page.score.calibration) return "The model keeps no calibration rows, so there is no p-value.";
  if (!strange) return "A p-value compares whole rows: show what is hidden, or take what was filled.";
  const share = `${shown(100 * strange.p, 2)} % of normal rows score at least as high`;
  return strange.p < 0.05 ? `Strange: only ${share}.` : `Not strange: ${share}.`;
}

/** Say cost and p-value to readers of the screen. */
export function announceCost(page, spent, strange) {
  const p = strange ? `, p ${shownProbability(strange.p)}` : "";
  announce(`${shownCost(page, spent.nats)}${p}`);
}
