// The data of the page, with its arrays unpacked.

import { arrayOf } from "./bytes.js";

/** The page's data: the JSON element, where every packed array has become a typed array. */
export function readPage() {
  return unpacked(JSON.parse(document.getElementById("page-data").textContent));
}

function unpacked(value) {
  if (Array.isArray(value)) return value.map(unpacked);
  if (value === null || typeof value !== "object") return value;
  if ("dtype" in value && "data" in value) return arrayOf(value);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unpacked(inner)]));
}

/** The cells of a row of the page, as new numbers that may be changed. */
export function cellsOfRow(page, index) {
  const { size } = page.row;
  return Float64Array.from(page.rows.x.subarray(index * size, (index + 1) * size));
}

/** Which cells of a row of the page are observed, 1 or 0. */
export function observedOfRow(page, index) {
  const { size } = page.row;
  if (!page.rows.observed) return new Float32Array(size).fill(1);
  return Float32Array.from(page.rows.observed.subarray(index * size, (index + 1) * size));
}

/** The latents of a row of the page. */
export function latentsOfRow(page, index) {
  return page.rows.z.slice(index * page.dim, (index + 1) * page.dim);
}

/** A row in words: "row 17, labelled 3". */
export function nameOfRow(page, index) {
  const label = page.rows.labels[index];
  return `row ${index + 1}${label === undefined || label === "" ? "" : `, labelled ${label}`}`;
}

/** The row whose latents are farthest from those of another. */
export function farthest(page, index) {
  const from = latentsOfRow(page, index);
  let [best, most] = [index, -1];
  for (let n = 0; n < page.rows.count; n++) {
    const far = latentsOfRow(page, n).reduce((sum, v, i) => sum + (v - from[i]) ** 2, 0);
    if (far > most) [best, most] = [n, far];
  }
  return best;
}
