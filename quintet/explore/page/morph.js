// From one row to another along a straight line of latents.

import { byId, element } from "./elements.js";
import { latest } from "./store.js";

const FRAMES = 7;

/**
 * Set up the morph between `ends`, {a, b} of {z, name}. `current()` gives the reader's row as such an end; `decode(z, n)`
 * the cells of n latents; `take(z)` puts latents into the editor; `views` as in `views.js`.
 */
export function setUpMorph(page, ends, views, { current, decode, take }) {
  const strip = byId("morph-strip");
  const here = views.make("The row at the slider");
  byId("morph-here").append(here);
  const frames = Array.from({ length: FRAMES }, (_, i) => {
    const canvas = views.make(`${Math.round((100 * i) / (FRAMES - 1))} percent of the way`);
    const button = element("button", { class: "frame", type: "button", onclick: () => take(between(i / (FRAMES - 1))) }, canvas);
    strip.append(button);
    return canvas;
  });
  const range = byId("morph-range");
  const between = (t) => ends.a.z.map((v, i) => v + t * (ends.b.z[i] - v));
  const drawStrip = latest(async () => {
    const { dim } = page;
    const z = new Float32Array((FRAMES + 1) * dim);
    for (let i = 0; i < FRAMES; i++) z.set(between(i / (FRAMES - 1)), i * dim);
    z.set(between(Number(range.value)), FRAMES * dim);
    const cells = await decode(z, FRAMES + 1);
    frames.forEach((canvas, i) => views.show(canvas, cells, i * page.row.size));
    views.show(here, cells, FRAMES * page.row.size);
  });
  const drawHere = latest(async () => {
    views.show(here, await decode(Float32Array.from(between(Number(range.value))), 1));
    range.setAttribute("aria-valuetext", `${Math.round(100 * range.value)} percent of the way`);
  });
  range.oninput = () => drawHere();
  for (const end of ["a", "b"]) {
    byId(`morph-${end}`).onclick = () => {
      ends[end] = current();
      showNames();
      drawStrip();
    };
  }
  const showNames = () => {
    byId("morph-names").textContent = `From ${ends.a.name} to ${ends.b.name}.`;
  };
  showNames();
  return drawStrip;
}
