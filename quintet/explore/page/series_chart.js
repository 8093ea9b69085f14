// What the charts of a series share: scale, bands and lines.

import { colours, css } from "./colours.js";
import { shown } from "./elements.js";
import { clamp } from "./maths.js";

export const PAD = { left: 46, right: 8, top: 10, bottom: 24 };

/** The context of a canvas, cleared and as fine as the screen. */
export function contextOf(canvas) {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(canvas.clientWidth * ratio);
  canvas.height = Math.round(canvas.clientHeight * ratio);
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  return context;
}

/** The range of values that the chart shows: of the series, and of the rows of the page. */
export function rangeOf(page, editor, scene) {
  const cell = page.row.cells[scene.channel];
  let [low, high] = [cell.loc - 2.2 * cell.scale, cell.loc + 2.2 * cell.scale];
  for (let i = scene.channel; i < editor.cells.length; i += page.row.channels) {
    if (editor.observed[i] <= 0.5) continue;
    low = Math.min(low, editor.cells[i]);
    high = Math.max(high, editor.cells[i]);
  }
  return [low - 0.04 * (high - low), high + 0.04 * (high - low)];
}

/** Pixels of steps and values, and back; `scene` has the channel, and a range that is held. */
export function frameOf(canvas, page, editor, scene) {
  const [low, high] = scene.range ?? rangeOf(page, editor, scene);
  const [width, height] = [canvas.clientWidth - PAD.left - PAD.right, canvas.clientHeight - PAD.top - PAD.bottom];
  return {
    low,
    high,
    x: (step) => PAD.left + (step / (page.row.steps - 1)) * width,
    y: (value) => PAD.top + (1 - (value - low) / (high - low)) * height,
    step: (x) => clamp(Math.round(((x - PAD.left) / width) * (page.row.steps - 1)), 0, page.row.steps - 1),
    value: (y) => low + (1 - (y - PAD.top) / height) * (high - low),
  };
}

export function drawScale(context, frame, canvas, steps) {
  context.fillStyle = css(colours().muted);
  context.strokeStyle = css(colours().rule);
  context.font = "12px system-ui, sans-serif";
  for (let i = 0; i <= 4; i++) {
    const value = frame.low + ((i + 0.3) / 4.6) * (frame.high - frame.low);
    context.textAlign = "right";
    context.fillText(shown(Math.abs(value) < (frame.high - frame.low) / 1000 ? 0 : value), PAD.left - 6, frame.y(value) + 4);
    context.beginPath();
    context.moveTo(PAD.left, frame.y(value));
    context.lineTo(canvas.clientWidth - PAD.right, frame.y(value));
    context.stroke();
  }
  context.textAlign = "center";
  for (let i = 0; i <= 4; i++) {
    const step = Math.round((i / 4) * (steps - 1));
    context.fillText(String(step + 1), clamp(frame.x(step), PAD.left, canvas.clientWidth - 18), canvas.clientHeight - 7);
  }
}

/** The bands of quantiles (quantiles, size), widest first; `at(step)` is a step's cell. */
export function drawBands(context, frame, { size, steps }, bands, at) {
  const count = bands.length / size;
  for (let outer = 0; outer < (count - 1) / 2; outer++) {
    context.fillStyle = css(colours().accent, 0.13);
    context.beginPath();
    for (let step = 0; step < steps; step++) context.lineTo(frame.x(step), frame.y(bands[outer * size + at(step)]));
    for (let step = steps - 1; step >= 0; step--) {
      context.lineTo(frame.x(step), frame.y(bands[(count - 1 - outer) * size + at(step)]));
    }
    context.fill();
  }
}

/** A line through the values of the steps; null leaves a gap. */
export function line(context, frame, steps, value, colour, width) {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.beginPath();
  let down = false;
  for (let step = 0; step < steps; step++) {
    const here = value(step);
    if (here === null) down = false;
    else if (down) context.lineTo(frame.x(step), frame.y(here));
    else {
      context.moveTo(frame.x(step), frame.y(here));
      context.lineTo(frame.x(step) + 0.5, frame.y(here));
      down = true;
    }
  }
  context.stroke();
}
