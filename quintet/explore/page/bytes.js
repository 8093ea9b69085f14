// Bytes that are part of the page, or lie beside it, as they come out of base64 and gzip.

/** Base64 text to bytes. */
export function fromBase64(text) {
  const raw = atob(text);
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  return bytes;
}

/** Gzipped bytes to bytes. */
export async function unzipped(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** The bytes of a file by its name: an element of the page with base64 text, or else a file beside the page. */
export async function fileBytes(name) {
  const inside = document.getElementById(`file:${name}`);
  if (inside) {
    const bytes = fromBase64(inside.textContent.trim());
    inside.remove(); // the text would stay in memory beside the bytes
    return unzipped(bytes);
  }
  const answer = await fetch(`${name}.gz`);
  if (!answer.ok) throw new Error(`The file ${name}.gz beside the page could not be read (${answer.status}).`);
  return unzipped(new Uint8Array(await answer.arrayBuffer()));
}

const TYPES = { float32: Float32Array, float64: Float64Array, uint8: Uint8Array, int32: Int32Array };

/** An array of the page's data, `{dtype, shape, data}`, as a typed array. */
export function arrayOf(packed) {
  const bytes = fromBase64(packed.data);
  return new TYPES[packed.dtype](bytes.buffer);
}
