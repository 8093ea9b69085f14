// Sums, logarithms and p-values.

export const LOG_2PI = Math.log(2 * Math.PI);

/** log Σ exp(v). */
export function logSumExp(values) {
  let top = -Infinity;
  for (const v of values) top = Math.max(top, v);
  if (top === -Infinity) return top;
  let sum = 0;
  for (const v of values) sum += Math.exp(v - top);
  return top + Math.log(sum);
}

/** log(exp(a) + exp(b)). */
export function logAddExp(a, b) {
  return Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)));
}

/** exp(v) / Σ exp(v). */
export function softmax(values) {
  const total = logSumExp(values);
  return Float64Array.from(values, (v) => Math.exp(v - total));
}

/** 1 / (1 + exp(-v)). */
export function sigmoid(v) {
  return v >= 0 ? 1 / (1 + Math.exp(-v)) : Math.exp(v) / (1 + Math.exp(v));
}

const POWERS = [1, 0.7, 0.5, 0.35, 0.25, 0.18, 0.12, 0.08, 0.05, 0.02, 0];

/** Normalised weights, tempered by the largest power at which half of the draws count; see `importance.py`. */
export function temper(logWeights) {
  for (const power of POWERS) {
    const weights = softmax(logWeights.map((v) => v * power));
    if (1 / weights.reduce((sum, w) => sum + w * w, 0) >= 0.5 * logWeights.length) return weights;
  }
  return softmax(logWeights.map(() => 0));
}

/** The share of calibration scores, in ascending order, that are at least `score`: a conformal p-value. */
export function pValue(score, calibration) {
  let low = 0;
  let high = calibration.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (calibration[middle] < score) low = middle + 1;
    else high = middle;
  }
  return (1 + calibration.length - low) / (calibration.length + 1);
}

/** KL(N(mean, std²) ‖ N(0, 1)) of each latent, in nats. */
export function standardRates(mean, std) {
  return Float64Array.from(mean, (m, i) => 0.5 * (m * m + std[i] * std[i] - 1) - Math.log(std[i]));
}

/** log density of the normal {mean, std} at the `draw`-th of z (draws, latent_dim). */
export function logNormal({ mean, std }, z, draw, dim) {
  let sum = -0.5 * dim * LOG_2PI;
  for (let i = 0; i < dim; i++) {
    const off = (z[draw * dim + i] - mean[i]) / std[i];
    sum -= 0.5 * off * off + Math.log(std[i]);
  }
  return sum;
}

/** log density of a mixture of diagonal normals at the `draw`-th of z; `means` and `stds` (components, latent_dim). */
export function mixtureLogDensity(mixture, z, draw, dim) {
  const part = (array, k) => array.subarray(k * dim, (k + 1) * dim);
  return logSumExp(
    Array.from(mixture.logWeight, (weight, k) => {
      return weight + logNormal({ mean: part(mixture.mean, k), std: part(mixture.std, k) }, z, draw, dim);
    }),
  );
}

export function clamp(value, low, high) {
  return Math.min(high, Math.max(low, value));
}
