// A slider for each latent, those with the largest rate first; what they say is decoded at once.

import { byId, element, shown } from "./elements.js";

const FIRST = 12;
const WIDTH = 3.5;

/** Set up the sliders; `moved(z)` is called with all latents. Returns `show(z)`, which sets them. */
export function setUpSliders(page, moved) {
  const { order, rates, mean, spread } = page.latents;
  const z = Float32Array.from(mean);
  const inputs = order.map((latent, place) => {
    const output = element("output", { for: `latent-${latent}` });
    const input = element("input", {
      type: "range",
      id: `latent-${latent}`,
      min: (mean[latent] - WIDTH * Math.max(spread[latent], 0.2)).toFixed(3),
      max: (mean[latent] + WIDTH * Math.max(spread[latent], 0.2)).toFixed(3),
      step: "any",
      oninput: () => {
        z[latent] = Number(input.value);
        output.textContent = shown(z[latent], 2);
        moved(Float32Array.from(z));
      },
      onkeydown: (event) => stepped(event, input, spread[latent]),
    });
    const rate = `${shown(Math.max(0, rates[latent]), 2)} nats`;
    const label = element("label", { for: `latent-${latent}` }, `latent ${latent + 1} `, element("small", {}, rate));
    const line = element("div", { class: "slider" }, label, input, output);
    byId(place < FIRST ? "sliders" : "more-sliders").append(line);
    return { latent, input, output };
  });
  byId("more-latents").hidden = order.length <= FIRST;
  byId("more-count").textContent = `${Math.max(0, order.length - FIRST)} more latents, of lower rates`;
  return (given) => {
    z.set(given);
    for (const { latent, input, output } of inputs) {
      input.value = z[latent];
      output.textContent = shown(z[latent], 2);
    }
  };
}

/** Arrow keys move a slider of any number by a tenth of the latent's spread: its own step would be too small. */
function stepped(event, input, spread) {
  const way = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageUp: 5, PageDown: -5 }[event.key];
  if (!way) return;
  event.preventDefault();
  input.value = Number(input.value) + way * 0.1 * Math.max(spread, 0.2);
  input.dispatchEvent(new Event("input"));
}
