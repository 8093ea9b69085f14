// The five questions of one row. Each is the definition of the Python function that its comment names.

import { logNormal, logSumExp, mixtureLogDensity, pValue, standardRates, temper } from "./maths.js";

/** The posterior of a row, {mean, std}: by the encoder, or the partial encoder's moments where cells are hidden. */
export async function posteriorOf(page, model, x, observed) {
  const whole = observed.every((seen) => seen > 0.5);
  if (whole || page.row.missing || !model.has("partial_encoder")) {
    const { mean, std } = await model.encode(x, observed);
    return { mean, std };
  }
  const mixture = await model.guide(x, observed);
  const mean = new Float32Array(model.dim);
  const std = new Float32Array(model.dim);
  const weights = Array.from(mixture.logWeight, Math.exp);
  weights.forEach((w, k) => mean.forEach((_, i) => (mean[i] += w * mixture.mean[k * model.dim + i])));
  weights.forEach((w, k) => {
    for (let i = 0; i < model.dim; i++) {
      const at = k * model.dim + i;
      std[i] += w * (mixture.std[at] ** 2 + (mixture.mean[at] - mean[i]) ** 2);
    }
  });
  return { mean, std: std.map(Math.sqrt) };
}

/** E[x|z] at the posterior's mean: `VAE.reconstruct`. */
export async function reconstruct(page, model, x, observed) {
  const { mean } = await posteriorOf(page, model, x, observed);
  return { cells: await model.decode(mean), z: mean };
}

/**
 * What a row costs and how strange it is: {nats, rate, where, z, score}. By the graph `detector`, which is `VAE.detect`:
 * nats is its component "elbo", `where` the surprise of each cell beyond the usual. `rate` is KL(q ‖ p) where p(z) is
 * standard normal, else null; without the graph there is no score.
 */
export async function detect(page, model, x, observed) {
  const q = await posteriorOf(page, model, x, observed);
  const rate = page.prior === "normal" ? standardRates(q.mean, q.std).reduce((sum, r) => sum + r, 0) : null;
  if (model.has("detector")) {
    const { score, elbo, where } = await model.detector(x, observed);
    return { nats: elbo, rate, where, z: q.mean, score };
  }
  if (!model.has("log_prob")) return { nats: NaN, rate: null, where: new Float32Array(model.size), z: q.mean, score: null };
  return { ...(await cost(page, model, x, observed, q)), rate, z: q.mean, score: null };
}

/** The negative bound on log p(x) in nats and the surprise of each cell, over the draws that all rows share. */
async function cost(page, model, x, observed, q) {
  const { draws, normal } = page.score;
  const z = new Float32Array(draws * model.dim);
  for (let i = 0; i < z.length; i++) z[i] = q.mean[i % model.dim] + q.std[i % model.dim] * normal[i];
  const logs = await model.logProb(x, observed, z, draws);
  const priors = await model.logPrior(z, draws);
  const where = new Float32Array(model.size);
  let nats = 0;
  for (let k = 0; k < draws; k++) nats += (logNormal(q, z, k, model.dim) - priors[k]) / draws;
  for (let cell = 0; cell < model.size; cell++) {
    const each = Array.from({ length: draws }, (_, k) => -logs[k * model.size + cell]);
    nats += each.reduce((sum, v) => sum + v, 0) / draws;
    if (observed[cell] > 0.5) where[cell] = Math.max(0, logSumExp(each) - Math.log(draws));
  }
  return { nats, where };
}

/** The p-value of a score among those of held-out rows, {p, rows}; null without either. */
export function strangeness(page, score) {
  const { calibration } = page.score;
  if (score === null || !calibration?.length) return null;
  return { p: pValue(score, calibration), rows: calibration.length };
}

/** Draws of z given the observed cells, {z, weights}: those of `VAE.impute` at effort "low". */
export async function drawsGiven(page, model, x, observed) {
  const { draws, uniform, normal } = page.impute;
  const mixture = await model.guide(x, observed);
  const dim = model.dim;
  const z = new Float32Array(draws * dim);
  for (let k = 0; k < draws; k++) {
    let edge = 0;
    let pick = 0;
    for (; pick < mixture.logWeight.length - 1; pick++) {
      edge += Math.exp(mixture.logWeight[pick]);
      if (uniform[k] < edge) break;
    }
    for (let i = 0; i < dim; i++) {
      z[k * dim + i] = mixture.mean[pick * dim + i] + mixture.std[pick * dim + i] * normal[k * dim + i];
    }
  }
  const logs = await model.logProb(x, observed, z, draws);
  const priors = await model.logPrior(z, draws);
  const logWeights = Array.from({ length: draws }, (_, k) => {
    let sum = priors[k] - mixtureLogDensity(mixture, z, k, dim);
    for (let i = 0; i < model.size; i++) if (observed[i] > 0.5) sum += logs[k * model.size + i];
    return Number.isNaN(sum) ? -1e30 : sum;
  });
  return { z, weights: temper(logWeights), draws };
}

/** Hidden cells filled by their mean, and a few completions: `VAE.impute` at effort "low" before its refinements. */
export async function impute(page, model, x, observed, completions = 3) {
  if (model.seesCells) {
    const { mean } = await model.givenOthers(x, observed);
    return { cells: x.map((v, i) => (observed[i] > 0.5 ? v : mean[i])), drawn: [] };
  }
  const { z, weights, draws } = await drawsGiven(page, model, x, observed);
  const decoded = await model.decode(z, draws);
  const fill = (value) => x.map((v, i) => (observed[i] > 0.5 ? v : value(i)));
  const mean = new Float64Array(model.size);
  for (let k = 0; k < draws; k++) {
    for (let i = 0; i < model.size; i++) mean[i] += weights[k] * decoded[k * model.size + i];
  }
  const drawn = [];
  let sum = weights[0];
  for (let n = 0, k = 0; n < completions; n++) {
    while ((n + 0.5) / completions > sum && k < draws - 1) sum += weights[++k];
    const at = k * model.size;
    drawn.push(fill((i) => decoded[at + i]));
  }
  return { cells: fill((i) => mean[i]), drawn };
}

/**
 * New rows like one with the latents z: steps that leave the distribution of latents as it is (preconditioned
 * Crank-Nicolson). `amount` 0: the row itself; 1: rows that have nothing to do with it.
 */
export async function similar(page, model, z, amount) {
  const { normal, mean, spread } = page.generate;
  const count = normal.length / model.dim;
  const keep = Math.sqrt(1 - amount * amount);
  const drawn = Float32Array.from(normal, (e, at) => {
    const i = at % model.dim;
    return mean[i] + keep * (z[i] - mean[i]) + amount * spread[i] * e;
  });
  return { cells: await model.decode(drawn, count), z: drawn, count };
}
