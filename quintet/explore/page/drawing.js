// The editor of an image: pen, eraser, hiding and showing of pixels, by pointer or by keys.

import { colours, css } from "./colours.js";
import { announce, byId } from "./elements.js";
import { clamp } from "./maths.js";
import { cellAt, hatch, imageOf } from "./picture.js";
import { legal } from "./units.js";

const SAYS = { pen: "drawn", eraser: "erased", hide: "hidden", reveal: "shown" };

/** Set up the editor of `editor.cells` and `editor.observed`; `changed()` is called after each stroke of it. */
export function setUpDrawing(page, editor, changed) {
  const { row } = page;
  const canvas = byId("drawing");
  canvas.style.aspectRatio = `${row.width} / ${row.height}`;
  const cursor = { x: Math.floor(row.width / 2), y: Math.floor(row.height / 2), shown: false };
  const draw = () => drawEditor(canvas, row, editor, cursor);
  const chosenTool = () => document.querySelector('input[name="tool"]:checked').value;
  const radius = () => Number(byId("brush").value);
  const apply = (x, y) => {
    stroke(row, editor, chosenTool(), x, y, radius());
    draw();
    changed();
  };
  listenToPen(canvas, row, apply);
  listenToDrawingKeys(canvas, row, editor, cursor, { apply, draw, chosenTool });
  canvas.addEventListener("focus", () => {
    cursor.shown = canvas.matches(":focus-visible");
    draw();
  });
  canvas.addEventListener("blur", () => {
    cursor.shown = false;
    draw();
  });
  new ResizeObserver(draw).observe(canvas);
  return draw;
}

/** Apply a tool around a place, in pixels of the row; ink fades towards the edge of the brush. */
export function stroke(row, { cells, observed }, tool, x, y, radius) {
  const { width, height, channels } = row;
  const { low, high } = row;
  const reach = Math.ceil(radius + 1);
  for (let j = Math.floor(y) - reach; j <= y + reach; j++) {
    for (let i = Math.floor(x) - reach; i <= x + reach; i++) {
      if (i < 0 || j < 0 || i >= width || j >= height) continue;
      const share = clamp(radius + 0.5 - Math.hypot(i + 0.5 - x, j + 0.5 - y), 0, 1);
      if (share === 0 || (tool !== "pen" && share < 0.5)) continue;
      for (let channel = 0; channel < channels; channel++) {
        const at = cellAt(row, j * width + i, channel);
        if (tool === "pen") cells[at] = Math.max(cells[at], legal(row, low + share * (high - low)));
        if (tool === "eraser") cells[at] = low;
        observed[at] = tool === "hide" ? 0 : 1;
      }
    }
  }
}

function listenToPen(canvas, row, apply) {
  let last = null;
  const at = (event) => [
    (event.offsetX / canvas.clientWidth) * row.width,
    (event.offsetY / canvas.clientHeight) * row.height,
  ];
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    last = at(event);
    apply(...last);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!last) return;
    const next = at(event);
    const steps = Math.ceil(2 * Math.hypot(next[0] - last[0], next[1] - last[1]));
    for (let i = 1; i <= steps; i++) {
      apply(last[0] + (i / steps) * (next[0] - last[0]), last[1] + (i / steps) * (next[1] - last[1]));
    }
    if (steps) last = next;
  });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => (last = null));
}

function listenToDrawingKeys(canvas, row, editor, cursor, { apply, draw, chosenTool }) {
  const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  canvas.addEventListener("keydown", (event) => {
    const way = ways[event.key];
    if (way) {
      cursor.x = clamp(cursor.x + way[0], 0, row.width - 1);
      cursor.y = clamp(cursor.y + way[1], 0, row.height - 1);
    } else if (event.key === " " || event.key === "Enter") {
      apply(cursor.x + 0.5, cursor.y + 0.5);
    } else return;
    event.preventDefault();
    cursor.shown = true;
    draw();
    const at = cellAt(row, cursor.y * row.width + cursor.x, 0);
    const state = editor.observed[at] > 0.5 ? `level ${Math.round(100 * editor.cells[at]) / 100}` : "hidden";
    const done = way ? "" : `${SAYS[chosenTool()]}, `;
    announce(`${done}column ${cursor.x + 1}, line ${cursor.y + 1}, ${state}`);
  });
}

function drawEditor(canvas, row, { cells, observed }, cursor) {
  const { width, height } = row;
  const cell = Math.max(4, Math.round((canvas.clientWidth * (window.devicePixelRatio || 1)) / width));
  canvas.width = cell * width;
  canvas.height = cell * height;
  const context = canvas.getContext("2d");
  const small = document.createElement("canvas");
  small.width = width;
  small.height = height;
  small.getContext("2d").putImageData(imageOf(row, cells), 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(small, 0, 0, canvas.width, canvas.height);
  for (let j = 0; j < height; j++) {
    for (let i = 0; i < width; i++) {
      if (observed[cellAt(row, j * width + i, 0)] <= 0.5) hatch(context, i * cell, j * cell, cell, cell);
    }
  }
  if (width <= 32) drawGrid(context, width, height, cell);
  if (cursor.shown) {
    for (const [colour, line] of [[colours().card, 5], [colours().accent, 3]]) {
      context.strokeStyle = css(colour);
      context.lineWidth = line;
      context.strokeRect(cursor.x * cell + 1, cursor.y * cell + 1, cell - 2, cell - 2);
    }
  }
}

function drawGrid(context, width, height, cell) {
  context.strokeStyle = css(colours().rule, 0.6);
  context.lineWidth = 1;
  context.beginPath();
  for (let i = 1; i < width; i++) {
    context.moveTo(i * cell + 0.5, 0);
    context.lineTo(i * cell + 0.5, height * cell);
  }
  for (let j = 1; j < height; j++) {
    context.moveTo(0, j * cell + 0.5);
    context.lineTo(width * cell, j * cell + 0.5);
  }
  context.stroke();
}
