// What all answers about rows of cells share: cost, strangeness, and the cells that are the strangest.

import { detect, impute, strangeness } from "./answers.js";
import { announceCost, showCost, showStrangeness } from "./cost_card.js";
import { byId, element, shown } from "./elements.js";

const NAMED = 5;
const ODD = 1;

/** Show cost and strangeness of a row, and return {spent, expected, bands}. `nameOf(cell)`: a cell in words. */
export async function answerCells(page, model, { cells, observed }, nameOf) {
  const spent = await detect(page, model, cells, observed);
  const strange = observed.every((o) => o > 0.5) ? strangeness(page, spent.score) : null;
  showCost(page, spent, "cells", observed.some((o) => o <= 0.5));
  showStrangeness(page, strange);
  showStrangest(spent.where, nameOf);
  const others = model.seesCells ? await model.givenOthers(cells, observed) : null;
  const expected = others ? others.mean : (await impute(page, model, cells, observed.map(() => 0), 0)).cells;
  const filled = others ? others.mean : (await impute(page, model, cells, observed, 0)).cells;
  announceCost(page, spent, strange);
  return { spent, expected: expected.map((v, i) => (observed[i] > 0.5 ? v : filled[i])), bands: others?.quantiles ?? null };
}

function showStrangest(where, nameOf) {
  const order = [...where.keys()].sort((a, b) => where[b] - where[a]).filter((i) => where[i] > ODD);
  const items = order.slice(0, NAMED).map((i) => element("li", {}, `${nameOf(i)}: ${shown(where[i])} nats`));
  byId("strangest").replaceChildren(...items);
}
