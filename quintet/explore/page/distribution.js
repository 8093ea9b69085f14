// p(cell | the other cells of its row), for a chart.

import { drawsGiven } from "./answers.js";
import { repeated } from "./model.js";

const POINTS = 48;

/**
 * The distribution of one cell: {levels: [{name, share}]} or {bars: [{low, high, share}]}, where the shares of the bars
 * sum to one but for what lies outside of all.
 */
export async function distributionOf(page, model, editor, cell) {
  const about = page.row.cells[cell];
  const observed = editor.observed.slice();
  observed[cell] = 0;
  if (model.seesCells) return fromContext(page, about, await model.givenOthers(editor.cells, observed), cell);
  return fromLatents(page, model, about, editor.cells, observed, cell);
}

/** The shares that a context decoder gives to the intervals or levels of a cell. */
function fromContext(page, about, found, cell) {
  const { tokens } = page.context;
  if (about.type === "levels") {
    const place = tokens.levels.indexOf(cell);
    const width = found.levels.length / tokens.levels.length;
    const shares = found.levels.slice(place * width, place * width + about.levels.length);
    return { levels: about.levels.map((name, i) => ({ name, share: shares[i] })) };
  }
  const place = tokens.numbers.indexOf(cell);
  const width = found.numbers.length / tokens.numbers.length;
  return {
    bars: tokens.intervals[place].map(([low, high], i) => ({
      low,
      high,
      share: found.numbers[place * width + i],
    })),
  };
}

/** The same by draws of z given the other cells, over values of the cell's range. */
async function fromLatents(page, model, about, x, observed, cell) {
  const { z, weights, draws } = await drawsGiven(page, model, x, observed);
  const values = candidates(about);
  const n = values.length * draws;
  const rows = repeated(x, n);
  const latents = new Float32Array(n * model.dim);
  for (let i = 0; i < n; i++) {
    rows[i * model.size + cell] = values[Math.floor(i / draws)];
    latents.set(z.subarray((i % draws) * model.dim, ((i % draws) + 1) * model.dim), i * model.dim);
  }
  const only = new Float32Array(model.size);
  only[cell] = 1;
  const logs = await model.logProbs(rows, repeated(only, n), latents, n);
  const density = values.map((_, v) => weights.reduce((sum, w, k) => sum + w * Math.exp(logs[(v * draws + k) * model.size + cell]), 0));
  const total = density.reduce((sum, d) => sum + d, 0) || 1;
  if (about.type === "levels") return { levels: about.levels.map((name, i) => ({ name, share: density[i] / total })) };
  const half = (values[1] - values[0]) / 2;
  return {
    bars: values.map((value, i) => ({
      low: value - half,
      high: value + half,
      share: density[i] / total,
    })),
  };
}

function candidates(about) {
  if (about.type === "levels") return about.levels.map((_, i) => i);
  const [low, high] = [about.low ?? about.loc - 4 * about.scale, about.high ?? about.loc + 4 * about.scale];
  return Array.from({ length: POINTS }, (_, i) => low + (i / (POINTS - 1)) * (high - low));
}
