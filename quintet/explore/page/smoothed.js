// The card of denoising a series: its smoothed line over the bands of the clean steps.

import { colours, css } from "./colours.js";
import { clean } from "./denoise.js";
import { byId, shown } from "./elements.js";
import { contextOf, drawBands, drawScale, frameOf, line } from "./series_chart.js";

/** Set up the card; `take(cells)` puts the smoothed series into the editor. Returns {show(model, row), draw}. */
export function setUpSmoothed(page, editor, take) {
  const canvas = byId("cleaned");
  let found = null;
  const draw = () => found && drawSmoothed(canvas, page, editor, found, Number(byId("channel").value));
  new ResizeObserver(draw).observe(canvas);
  return {
    draw,
    async show(model, { cells, observed }) {
      found = await clean(page, model, cells, observed);
      draw();
      byId("cleaned-note").textContent = noteOf(page.row, found.rate);
      byId("take-cleaned").onclick = () => take(found.cells);
    },
  };
}

function noteOf({ cells }, rate) {
  const each = cells.map((cell) => `${shown(rate * cell.scale)}${cells.length > 1 ? ` in ${cell.name}` : ""}`);
  return `Read as normal noise of standard deviation ${each.join(", ")}; the bands hold the clean value of a step with 50, 80 and 95 %.`;
}

function drawSmoothed(canvas, page, editor, found, channel) {
  const { row } = page;
  const context = contextOf(canvas);
  const frame = frameOf(canvas, page, editor, { channel });
  const at = (step) => step * row.channels + channel;
  drawScale(context, frame, canvas, row.steps);
  drawBands(context, frame, row, found.bands, at);
  const seen = (step) => (editor.observed[at(step)] > 0.5 ? editor.cells[at(step)] : null);
  line(context, frame, row.steps, seen, css(colours().muted), 1);
  line(context, frame, row.steps, (step) => found.cells[at(step)], css(colours().accent), 2.2);
}
