// The graphs of the model as functions of typed arrays: rows (n, size) and latents (n, dim), one after the other.

/** The same array `n` times over. */
export function repeated(array, n) {
  const out = new Float64Array(array.length * n);
  for (let i = 0; i < n; i++) out.set(array, i * array.length);
  return out;
}

/**
 * The model; `runtime` as in `runtime.js`; `size` cells of a row and `dim` latents. Rows are in the user's units.
 * `condition()` is the encoded condition under which all is answered, null for a model without one.
 */
export function makeModel(runtime, size, dim, condition) {
  const { has } = runtime;
  const run = (name, feeds, n) => {
    const given = condition();
    return runtime.run(name, given ? { ...feeds, condition: repeated(given, n) } : feeds, n);
  };
  return {
    size,
    dim,
    has,
    /** q(z | observed cells) of a row: {mean, std}, (dim,) each. */
    async encode(x, observed) {
      return run("encoder", { x, observed }, 1);
    },
    /** r(z | x, trust) of a row: a mixture {logWeight, mean, std}. */
    async guide(x, trust) {
      const found = await run("partial_encoder", { x, trust }, 1);
      return { logWeight: found.log_weight, mean: found.mean, std: found.std };
    },
    /** E[x|z] of n latents, (n, size). */
    async decode(z, n = 1) {
      return (await run("decoder", { z }, n)).mean;
    },
    /** log p(cell | z) of one row under n latents, (n, size) nats; 0 where a cell is not observed. */
    async logProb(x, observed, z, n = 1) {
      return this.logProbs(repeated(x, n), repeated(observed, n), z, n);
    },
    /** The same of n rows, each under its latents. */
    async logProbs(x, observed, z, n) {
      return (await run("log_prob", { x, observed, z }, n)).log_prob;
    },
    /** log p(z) of n latents, (n,). */
    async logPrior(z, n) {
      return (await run("prior_log_prob", { z }, n)).log_prob;
    },
    /** The anomaly score of a row: {score, elbo, where}. */
    async detector(x, observed) {
      const { score, elbo, where } = await run("detector", { x, observed }, 1);
      return { score: score[0], elbo: elbo[0], where };
    },
    /** A series without its noise: {clean, rate, quantiles}. */
    async denoiser(x, observed) {
      const { clean, rate, quantiles } = await run("denoiser", { x, observed }, 1);
      return { clean, rate: rate[0], quantiles };
    },
    /** p(cell | all other visible cells) of each cell: {mean, log_prob}, and probabilities or quantiles. */
    async givenOthers(x, visible) {
      if (has("given_others")) return run("given_others", { x, visible }, 1);
      return run("context_decoder", { x, visible, z: new Float32Array(dim), has_z: new Float32Array(1) }, 1);
    },
    /** Whether cells are predicted from other cells, by a context decoder. */
    get seesCells() {
      return has("given_others") || has("context_decoder");
    },
  };
}
