// The card of denoising a table's row: the cells that look replaced, with what they should be.

import { clean } from "./denoise.js";
import { byId, element } from "./elements.js";
import { shownCell } from "./units.js";

/** Show the suspicious cells of a row; `take(cells)` puts the suggestions into the editor. */
export async function showSuspicious(page, model, { cells, observed }, take) {
  const found = await clean(page, model, cells, observed);
  const same = (i) => shownCell(page.row.cells[i], cells[i]) === shownCell(page.row.cells[i], found.cells[i]);
  const doubted = [...cells.keys()].filter((i) => observed[i] > 0.5 && found.trust[i] <= 0.5 && !same(i));
  doubted.sort((a, b) => found.trust[a] - found.trust[b]);
  byId("suspicious").replaceChildren(...doubted.map((i) => suspect(page.row.cells[i], cells[i], found, i)));
  byId("cleaned-note").textContent = doubted.length
    ? "With the probability that the cell holds a value of another row, or any value, in place of its own."
    : "No cell looks replaced.";
  const button = byId("take-cleaned");
  button.disabled = doubted.length === 0;
  button.onclick = () => take(cells.map((v, i) => (observed[i] > 0.5 ? found.cells[i] : v)));
}

function suspect(about, value, found, i) {
  const share = Math.round(100 * (1 - found.trust[i]));
  return element(
    "li",
    {},
    `${about.name}: `,
    element("s", {}, shownCell(about, value)),
    " → ",
    element("strong", {}, shownCell(about, found.cells[i])),
    ` (${share > 99 ? "over 99" : share} %)`,
  );
}
