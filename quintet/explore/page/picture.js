// Rows of cells as pictures on a canvas.

import { colours, css, mixed } from "./colours.js";
import { clamp } from "./maths.js";

/** The place of a pixel's channel among the cells of a row. */
export function cellAt(row, pixel, channel) {
  return pixel * row.pixel_step + channel * row.channel_step;
}

/** The pixel that a cell belongs to. */
export function pixelOf(row, cell) {
  return row.channel_step === 1 ? Math.floor(cell / row.channels) : cell % (row.width * row.height);
}

/** Pixels of a row (size,) as an image of its own size. Grey images on white paper are drawn as ink. */
export function imageOf(row, cells, start = 0) {
  const { height, width, channels } = row;
  const image = new ImageData(width, height);
  const { low } = row;
  const span = row.high - low;
  const { card, ink } = colours();
  for (let i = 0; i < height * width; i++) {
    const level = (channel) => clamp((cells[start + cellAt(row, i, channel)] - low) / span, 0, 1);
    let colour;
    if (channels >= 3) colour = [0, 1, 2].map((channel) => 255 * level(channel));
    else colour = row.ink ? mixed(card, ink, level(0)) : [0, 1, 2].map(() => 255 * level(0));
    image.data.set([...colour, 255], 4 * i);
  }
  return image;
}

/** Draw a row on a canvas of the row's own size; the style sheet magnifies it without smoothing. */
export function paintRow(canvas, row, cells, start = 0) {
  canvas.width = row.width;
  canvas.height = row.height;
  canvas.getContext("2d").putImageData(imageOf(row, cells, start), 0, 0);
}

/** Draw how surprising each pixel is, in nats, (size,), over a pale picture of the row. */
export function paintSurprise(canvas, row, cells, nats) {
  const { height, width, channels } = row;
  const image = imageOf(row, cells);
  const { card, strange } = colours();
  for (let i = 0; i < height * width; i++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += nats[cellAt(row, i, channel)];
    const pale = mixed(card, [...image.data.slice(4 * i, 4 * i + 3)], 0.35);
    image.data.set([...mixed(pale, strange, clamp(sum / 6, 0, 1)), 255], 4 * i);
  }
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d").putImageData(image, 0, 0);
}

/** A canvas for one row, with words for those who do not see it. */
export function pictureElement(words, className = "picture") {
  const canvas = document.createElement("canvas");
  canvas.className = className;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", words);
  return canvas;
}

/** Hatch a rectangle of a canvas: its cells are hidden. */
export function hatch(context, x, y, width, height) {
  const { filled, card } = colours();
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  context.fillStyle = css(mixed(card, filled, 0.25));
  context.fillRect(x, y, width, height);
  context.strokeStyle = css(filled);
  context.lineWidth = Math.max(1, width / 12);
  const step = Math.max(4, width / 3);
  context.beginPath();
  for (let at = -height; at < width; at += step) {
    context.moveTo(x + at, y + height);
    context.lineTo(x + at + height, y);
  }
  context.stroke();
  context.restore();
}
