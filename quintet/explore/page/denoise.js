// The question `denoise` of one row: which cells look replaced, or how noisy a series is, and the row without its noise.

import { clamp, logAddExp, sigmoid } from "./maths.js";

const FIRST_RATE = 0.2;
const ROUNDS = 3;
const ROUNDS_BY_CONTEXT = 4;
const FARTHEST = 1e6;

/** {cells, trust, rate, bands}: `trust` is the probability that a cell is intact, null where all are noisy. */
export async function clean(page, model, x, observed) {
  if (model.has("denoiser")) {
    const { clean: cells, rate, quantiles } = await model.denoiser(x, observed);
    return { cells: Float64Array.from(cells), trust: null, rate, bands: quantiles };
  }
  const found = await (model.seesCells ? cleanByContext : cleanByLatents)(page, model, x, observed);
  return { ...found, bands: null };
}

/**
 * The row under the assumption that some cells were replaced by any value: trust in each cell and latents by turns, as
 * in `quintet/tasks/denoise/by_model.py`, without its gradient steps.
 */
async function cleanByLatents(page, model, x, observed) {
  const noise = logNoise(page, x);
  const odds = (logs) => logs.map((log, i) => log - noise[i]);
  let rate = FIRST_RATE;
  let trust = observed.map((o) => o * (1 - FIRST_RATE));
  for (let round = 0; round < ROUNDS; round++) {
    const logs = odds(await model.logProb(x, observed, await peakOf(model, x, trust)));
    rate = improved(trustAt(logs, observed, rate), observed, rate);
    trust = trustAt(logs, observed, rate);
  }
  const z = await peakOf(model, x, trust);
  const intact = trustAt(odds(await model.logProb(x, observed, z)), observed, rate);
  const decoded = await model.decode(z);
  const cells = x.map((v, i) => {
    if (page.row.cells?.[i]?.type === "levels") return intact[i] > 0.5 ? v : decoded[i]; // codes have no mean
    return intact[i] * v + (1 - intact[i]) * decoded[i];
  });
  return { cells, trust: intact, rate };
}

/**
 * The row of a table under the assumption that some cells were replaced by values of other rows or by any value: each
 * cell is compared with its distribution given the other trusted cells, as in `quintet/tasks/denoise/by_context.py`.
 */
async function cleanByContext(page, model, x, observed) {
  const noise = logNoise(page, x);
  const marginal = (await model.givenOthers(x, new Float32Array(x.length))).log_prob;
  const replaced = noise.map((log, i) => logAddExp(marginal[i], log) - Math.LN2);
  const odds = (others) => others.log_prob.map((log, i) => log - replaced[i]);
  let [rate, visible, others] = [FIRST_RATE, observed, null];
  for (let round = 0; round < ROUNDS_BY_CONTEXT; round++) {
    others = await model.givenOthers(x, visible);
    rate = improved(trustAt(odds(others), observed, rate), observed, rate);
    visible = trustAt(odds(others), observed, rate).map((t) => (t > 0.5 ? 1 : 0));
  }
  const trust = trustAt(odds(others), observed, rate);
  const cells = x.map((v, i) => {
    if (trust[i] > 0.5) return v;
    if (page.row.cells[i].type === "levels") return levelOf(page, others, i, v, trust[i]);
    return trust[i] * v + (1 - trust[i]) * others.mean[i];
  });
  return { cells, trust, rate };
}

/** The most probable level of a cell that holds the code `own`, which is right with the probability `trust`. */
function levelOf(page, others, cell, own, trust) {
  const about = page.row.cells[cell];
  const places = page.context.tokens.levels;
  const width = others.levels.length / places.length;
  const at = places.indexOf(cell) * width;
  const drawn = others.levels.slice(at, at + about.levels.length - (about.open ? 1 : 0));
  const total = drawn.reduce((sum, share) => sum + share, 0);
  const shares = about.levels.map((_, code) => ((1 - trust) * (drawn[code] ?? 0)) / total + (code === own ? trust : 0));
  return shares.indexOf(Math.max(...shares));
}

/** The probability that each cell is intact, by the log odds of its values and the share of replaced cells. */
function trustAt(logs, observed, rate) {
  const share = clamp(rate, 1e-6, 1 - 1e-6);
  return observed.map((o, i) => (o > 0.5 ? sigmoid(Math.log1p(-share) - Math.log(share) + logs[i]) : 0));
}

/** The expected share of replaced cells among the observed ones, with half a pseudo-count. */
function improved(trust, observed, rate) {
  const seen = observed.reduce((sum, o) => sum + (o > 0.5), 0);
  const doubt = trust.reduce((sum, t, i) => sum + (observed[i] > 0.5 ? 1 - t : 0), 0);
  return clamp((doubt + 0.5 * rate) / (seen + 0.5), 1e-5, 0.999);
}

/** log u(x) of each cell of a row; beyond a range that is an estimate u has exponential tails. */
function logNoise(page, x) {
  const { log_noise, low, high, tail } = page.denoise;
  if (!low) return Float64Array.from(log_noise);
  return Float64Array.from(log_noise, (log, i) => {
    const about = page.row.cells?.[i] ?? { loc: 0, scale: 1 };
    if (about.type === "levels") return log;
    const value = clamp((x[i] - about.loc) / about.scale, -FARTHEST, FARTHEST);
    return log - Math.max(low[i] - value, value - high[i], 0) / tail[i];
  });
}

/** The centre of the partial encoder's likeliest component. */
async function peakOf(model, x, trust) {
  const mixture = await model.guide(x, trust);
  let best = 0;
  mixture.logWeight.forEach((w, k) => (best = w > mixture.logWeight[best] ? k : best));
  return mixture.mean.slice(best * model.dim, (best + 1) * model.dim);
}
