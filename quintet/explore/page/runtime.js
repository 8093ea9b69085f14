// ONNX Runtime in WebAssembly: loads the graphs, and runs them one after the other.

import { fileBytes } from "./bytes.js";

const SCRIPT = "ort.wasm.bundle.min.mjs";
const CODE = "ort-wasm-simd-threaded.wasm";

/**
 * Load the runtime and the graphs.
 * `graphs`: name -> {inputs: [{name, type, shape}]}, where `shape` is that of one row.
 * Returns `run(name, feeds, n)`: arrays of n rows by input name -> arrays by output name.
 */
export async function startRuntime(graphs, progress = () => {}) {
  progress("Unpacking the runtime");
  const [script, code] = await Promise.all([fileBytes(SCRIPT), fileBytes(CODE)]);
  const address = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  const ort = await import(address);
  URL.revokeObjectURL(address);
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmBinary = code;
  ort.env.logLevel = "error";
  const sessions = {};
  for (const name of Object.keys(graphs)) {
    progress(`Loading the ${name.replaceAll("_", " ")}`);
    const bytes = await fileBytes(`${name}.onnx`);
    sessions[name] = await ort.InferenceSession.create(bytes, { executionProviders: ["wasm"] });
  }
  let last = Promise.resolve();
  function run(name, feeds, n) {
    const tensors = {};
    for (const { name: input, type, shape } of graphs[name].inputs) {
      tensors[input] = new ort.Tensor(type, cast(feeds[input], type), [n, ...shape]);
    }
    const answer = last.then(() => sessions[name].run(tensors));
    last = answer.catch(() => {});
    return answer.then((found) => Object.fromEntries(Object.entries(found).map(([key, t]) => [key, t.data])));
  }
  return { run, has: (name) => name in sessions };
}

function cast(values, type) {
  if (type === "bool") return Uint8Array.from(values, (v) => (v > 0.5 ? 1 : 0));
  if (type === "float64") return Float64Array.from(values);
  return values instanceof Float32Array ? values : Float32Array.from(values);
}
