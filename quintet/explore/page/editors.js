// The editor of a kind of rows, and the answers about what is in it.

import { setUpDrawing } from "./drawing.js";
import { byId } from "./elements.js";
import { setUpImageAnswers } from "./image_answers.js";
import { pixelOf } from "./picture.js";

/** `draw()` shows the editor's row; `answers` is a promise of `answer(editor)`, which returns the row's latents. */
export function setUpEditor(page, editor, model, changed) {
  return setUpImage(page, editor, model, changed);
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
