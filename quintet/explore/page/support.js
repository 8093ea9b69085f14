// What the browser must have, and the sentence for one that lacks it.

// A module of one function that uses a 128-bit vector: browsers without WebAssembly SIMD do not accept it.
const VECTOR_MODULE = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11,
];

/** What is missing to run the model, in words; null if nothing is. */
export function lacking() {
  if (typeof WebAssembly !== "object") return "WebAssembly";
  if (!WebAssembly.validate(new Uint8Array(VECTOR_MODULE))) return "WebAssembly SIMD";
  if (typeof DecompressionStream !== "function") return "DecompressionStream";
  return null;
}

/** One sentence for a browser that lacks something. */
export function refusal(what) {
  return (
    `This browser has no ${what}, which running the model needs: open the page in a Chrome, Edge, Firefox or ` +
    "Safari of 2024 or later. The map works without it."
  );
}
