// The editor of a table's row: a line for each cell, with its value, a box that blanks it, and what the model says.

import { byId, element, shown } from "./elements.js";
import { clamp } from "./maths.js";
import { cellOfTime, shownCell, timeOf } from "./units.js";

/** Set up the editor; `changed()` is called for a change, `chosen(cell)` for the cell that the reader looks at. */
export function setUpTable(page, editor, { changed, chosen }) {
  const lines = page.row.cells.map((cell, i) => makeLine(cell, i));
  byId("cells").replaceChildren(...lines.map((line) => line.element));
  return {
    draw() {
      lines.forEach(({ input, blank }, i) => {
        const seen = editor.observed[i] > 0.5;
        blank.checked = !seen;
        input.disabled = !seen;
        const cell = page.row.cells[i];
        if (cell.type === "levels") input.value = clamp(Math.round(editor.cells[i]), 0, cell.levels.length - 1);
        else if (cell.type === "time") input.value = seen ? timeOf(cell, editor.cells[i]) : "";
        else input.value = seen ? shownCell(cell, editor.cells[i]).replaceAll(",", "") : "";
      });
    },
    /** Show what the model says: nats of surprise and the expected value of each cell. */
    tell(where, expected) {
      lines.forEach(({ element: line, bar, note }, i) => {
        const seen = editor.observed[i] > 0.5;
        const odd = seen && where !== null && where[i] > 3;
        bar.style.width = `${seen && where !== null ? clamp(10 * where[i], 0, 100) : 0}%`;
        line.classList.toggle("odd", odd);
        line.classList.toggle("blank", !seen);
        const value = expected === null ? "" : shownCell(page.row.cells[i], expected[i]);
        note.textContent = !seen ? `filled: ${value}` : odd ? `strange (${shown(where[i])} nats); rather ${value}` : "";
      });
    },
    show(cell) {
      lines.forEach(({ element: line }, i) => line.classList.toggle("chosen", i === cell));
    },
  };

  function makeLine(cell, i) {
    const name = `cell-${i}`;
    const input = inputOf(cell, name);
    const blank = element("input", { type: "checkbox", "aria-label": `blank ${cell.name}` });
    const bar = element("span", { class: "surprise-bar" });
    const note = element("td", { class: "cell-note" });
    const take = () => {
      const value = readCell(cell, input.value);
      if (!Number.isFinite(value)) return;
      editor.cells[i] = value;
      chosen(i);
      changed();
    };
    input.addEventListener("input", take);
    blank.addEventListener("change", () => {
      editor.observed[i] = blank.checked ? 0 : 1;
      input.disabled = blank.checked;
      chosen(i);
      changed();
    });
    const line = element(
      "tr",
      { onfocusin: () => chosen(i), onclick: () => chosen(i) },
      element("th", { scope: "row" }, element("label", { for: name }, cell.name)),
      element("td", {}, input),
      element("td", { class: "cell-blank" }, blank),
      element("td", { class: "cell-surprise", "aria-hidden": "true" }, bar),
      note,
    );
    return { element: line, input, blank, bar, note };
  }
}

function inputOf(cell, id) {
  if (cell.type === "time") return element("input", { type: "datetime-local", id, step: 1 });
  if (cell.type === "number") return element("input", { type: "number", id, step: "any" });
  return element("select", { id }, ...cell.levels.map((text, i) => element("option", { value: i }, text)));
}

/** The cell that a text of its input stands for; NaN where it is none. */
function readCell(cell, text) {
  if (text === "") return NaN;
  if (cell.type === "time") return cellOfTime(cell, text);
  return cell.type === "levels" ? Number(text) : Number(text) - cell.offset;
}
