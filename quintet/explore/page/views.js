// A row as a small picture: of an image itself, of a series a line, of a table its cells in words.

import { colours, css } from "./colours.js";
import { element } from "./elements.js";
import { paintRow, pictureElement } from "./picture.js";
import { shownCell } from "./units.js";

const LINES = 30;

/** `make(words)` a place for a row, and `show(place, cells, start)` the row that starts there among the cells. */
export function viewsOf(page) {
  const { row } = page;
  if (row.kind === "image") {
    return { make: pictureElement, show: (place, cells, start = 0) => paintRow(place, row, cells, start) };
  }
  if (row.kind === "series") {
    return {
      make: (words) => pictureElement(words, "picture line"),
      show: (place, cells, start = 0) => paintLine(place, row, cells.subarray(start, start + row.size)),
    };
  }
  return {
    make: (words) => element("dl", { class: "cells", "aria-label": words }),
    show: (place, cells, start = 0) => {
      const lines = row.cells.slice(0, LINES).map((cell, i) => {
        const text = shownCell(cell, cells[start + i]);
        return element("div", {}, element("dt", { title: cell.name }, cell.name), element("dd", { title: text }, text));
      });
      place.replaceChildren(...lines);
    },
  };
}

/** A series as a line for each channel, from the lowest to the highest of its values. */
export function paintLine(canvas, row, cells) {
  const [width, height] = [160, 60];
  canvas.width = 2 * width;
  canvas.height = 2 * height;
  const context = canvas.getContext("2d");
  context.scale(2, 2);
  const [low, high] = [Math.min(...cells), Math.max(...cells) + 1e-9];
  for (let channel = 0; channel < row.channels; channel++) {
    context.strokeStyle = css(channel ? colours().muted : colours().accent);
    context.lineWidth = 1.5;
    context.beginPath();
    for (let step = 0; step < row.steps; step++) {
      const value = cells[step * row.channels + channel];
      const point = [(step / (row.steps - 1)) * width, height - 3 - ((value - low) / (high - low)) * (height - 6)];
      if (step) context.lineTo(...point);
      else context.moveTo(...point);
    }
    context.stroke();
  }
}
