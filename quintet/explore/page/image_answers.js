// The five answers about the picture in the editor, shown beside each other.

import { detect, impute, strangeness } from "./answers.js";
import { announceCost, showCost, showStrangeness } from "./cost_card.js";
import { clean } from "./denoise.js";
import { byId, shown } from "./elements.js";
import { paintRow, paintSurprise, pictureElement, pixelOf } from "./picture.js";

/** Set up the answers. `answer(editor)` shows them and returns the row's latents. */
export function setUpImageAnswers(page, model) {
  const drawn = Array.from({ length: model.seesCells ? 0 : 3 }, (_, i) => pictureElement(`completion ${i + 1}`));
  byId("completions").append(...drawn);
  async function answer({ cells, observed }) {
    const spent = await detect(page, model, cells, observed);
    showCost(page, spent, "pixels", observed.some((o) => o <= 0.5));
    const strange = observed.every((o) => o > 0.5) ? strangeness(page, spent.score) : null;
    showStrangeness(page, strange);
    showWhere(page, cells.map((v, i) => (observed[i] > 0.5 ? v : page.row.low)), spent);
    if (!model.seesCells) showCleaned(page, await clean(page, model, cells, observed), observed);
    await showFilled(page, model, cells, observed, drawn);
    announceCost(page, spent, strange);
    return spent.z;
  }
  return answer;
}

function showWhere(page, cells, { where }) {
  paintSurprise(byId("where"), page.row, cells, where);
  const top = where.reduce((best, v, i) => (v > where[best] ? i : best), 0);
  const at = pixelOf(page.row, top);
  const place = `column ${(at % page.row.width) + 1}, line ${Math.floor(at / page.row.width) + 1}`;
  byId("where").setAttribute("aria-label", `Surprise of each pixel; the largest is ${shown(where[top])} nats at ${place}`);
}

function showCleaned(page, cleaned, observed) {
  paintRow(byId("cleaned"), page.row, cleaned.cells);
  const hit = cleaned.trust.reduce((sum, t, i) => sum + (observed[i] > 0.5 && t < 0.5), 0);
  byId("cleaned-note").textContent = hit
    ? `${hit} pixel${hit > 1 ? "s" : ""} look replaced; the others are kept.`
    : "No pixel looks replaced.";
}

async function showFilled(page, model, cells, observed, drawn) {
  const hidden = observed.reduce((sum, o) => sum + (o <= 0.5), 0);
  const filled = byId("filled");
  filled.classList.toggle("idle", hidden === 0);
  byId("take-filled").disabled = hidden === 0;
  if (hidden === 0) {
    paintRow(filled, page.row, cells);
    drawn.forEach((canvas) => paintRow(canvas, page.row, cells));
    byId("filled-note").textContent = "Hide pixels with the tool “hide” to have them filled.";
    return null;
  }
  const found = await impute(page, model, cells, observed, drawn.length);
  paintRow(filled, page.row, found.cells);
  found.drawn.forEach((row, i) => paintRow(drawn[i], page.row, row));
  byId("filled-note").textContent = `${hidden} hidden pixels: their mean${drawn.length ? ", and three completions" : ""}.`;
  byId("filled").filledCells = found.cells;
  return found;
}
