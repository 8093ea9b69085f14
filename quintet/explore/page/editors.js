// The editor of a kind of rows, and the answers about what is in it.

import { answerCells } from "./cell_answers.js";
import { showDistribution } from "./chart.js";
import { distributionOf } from "./distribution.js";
import { setUpDrawing } from "./drawing.js";
import { byId, element } from "./elements.js";
import { setUpImageAnswers } from "./image_answers.js";
import { pixelOf } from "./picture.js";
import { setUpSeries } from "./series_editor.js";
import { setUpSmoothed } from "./smoothed.js";
import { latest } from "./store.js";
import { showSuspicious } from "./suspicious.js";
import { setUpTable } from "./table_editor.js";
import { shownCell } from "./units.js";

/** `draw()` shows the editor's row; `answers` is a promise of `answer(editor)`, which returns the row's latents. */
export function setUpEditor(page, editor, model, changed) {
  const setUp = { image: setUpImage, table: setUpTableRow, series: setUpSeriesRow }[page.row.kind];
  return setUp(page, editor, model, changed);
}

function setUpTableRow(page, editor, model, changed) {
  const { cells } = page.row;
  let looked = 0;
  const showChosen = latest(async () => {
    const found = await distributionOf(page, await model, editor, looked);
    const own = editor.observed[looked] > 0.5 ? editor.cells[looked] : null;
    byId("cell-name").textContent = `${cells[looked].name}, given the other cells`;
    showDistribution(byId("distribution"), found, own, (value) => shownCell(cells[looked], value));
  });
  const table = setUpTable(page, editor, {
    changed,
    chosen(cell) {
      looked = cell;
      table.show(cell);
      showChosen();
    },
  });
  const take = (found) => {
    editor.cells.set(found);
    table.draw();
    changed();
  };
  const answers = model.then((ready) => async (row) => {
    const { spent, expected } = await answerCells(page, ready, row, (i) => cells[i].name);
    table.tell(spent.where, expected);
    table.show(looked);
    showChosen();
    await showSuspicious(page, ready, row, take);
    return spent.z;
  });
  return { draw: table.draw, answers };
}

function setUpSeriesRow(page, editor, model, changed) {
  const series = setUpSeries(page, editor, changed);
  const { cells, channels } = page.row;
  const take = (found) => {
    editor.cells.set(found);
    editor.observed.fill(1);
    series.draw();
    changed();
  };
  const nameOf = (i) => `step ${Math.floor(i / channels) + 1}${channels > 1 ? `, ${cells[i % channels].name}` : ""}`;
  byId("channel").replaceChildren(...cells.map((cell, i) => element("option", { value: i }, cell.name)));
  byId("channel-choice").hidden = channels === 1;
  byId("show-all").onclick = () => {
    editor.observed.fill(1);
    series.draw();
    changed();
  };
  const smoothed = byId("cleaned") && setUpSmoothed(page, editor, take);
  byId("channel").addEventListener("change", () => smoothed?.draw());
  const answers = model.then((ready) => async (row) => {
    const found = await answerCells(page, ready, row, nameOf);
    series.tell(found);
    await smoothed?.show(ready, row);
    return found.spent.z;
  });
  const draw = () => {
    series.draw();
    smoothed?.draw();
  };
  return { draw, answers };
}

function setUpImage(page, editor, model, changed) {
  const draw = setUpDrawing(page, editor, changed);
  const after = (change) => () => {
    change();
    draw();
    changed();
  };
  byId("clear").onclick = after(() => {
    editor.cells.fill(page.row.low);
    editor.observed.fill(1);
  });
  byId("spoil").onclick = after(() => spoil(page.row, editor.cells));
  byId("hide-half").onclick = after(() => {
    const { width, height } = page.row;
    editor.observed.forEach((_, i) => (editor.observed[i] = pixelOf(page.row, i) >= (width * height) / 2 ? 0 : 1));
  });
  byId("take-filled").onclick = after(() => {
    editor.cells.set(byId("filled").filledCells);
    editor.observed.fill(1);
  });
  return { draw, answers: model.then((ready) => setUpImageAnswers(page, ready)) };
}

/** Replace a tenth of the pixels by any value. */
function spoil(row, cells) {
  cells.forEach((_, i) => {
    if (Math.random() >= 0.1) return;
    const value = row.low + Math.random() * (row.high - row.low);
    cells[i] = row.whole ? Math.round(value) : value;
  });
}
