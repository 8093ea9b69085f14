// New rows like the reader's: near its latents, as far away as the slider says.

import { similar } from "./answers.js";
import { byId, element } from "./elements.js";
import { latest } from "./store.js";

/** Set up the new rows; `take(z)` puts one into the editor. Returns `show(z)`. */
export function setUpAlike(page, views, model, take) {
  const count = page.generate.normal.length / page.dim;
  let centre = page.latents.mean;
  const places = Array.from({ length: count }, (_, i) => {
    const view = views.make(`new row ${i + 1}`);
    const button = element("button", { type: "button", class: "frame", title: "Put it into the editor" }, view);
    byId("alike").append(button);
    return { view, button };
  });
  const draw = latest(async () => {
    const found = await similar(page, await model, centre, Number(byId("difference").value));
    places.forEach(({ view, button }, i) => {
      views.show(view, found.cells, i * page.row.size);
      button.onclick = () => take(found.z.slice(i * page.dim, (i + 1) * page.dim));
    });
  });
  byId("difference").oninput = () => draw();
  return (z) => {
    centre = z;
    draw();
  };
}
