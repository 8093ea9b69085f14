// Drawing the map: pictures of rows where there is room, dots elsewhere, and where the reader is.

import { colours, css, labelColour } from "./colours.js";
import { toScreen } from "./map_view.js";
import { imageOf } from "./picture.js";

/** Pictures of all rows side by side on one canvas; null where rows are no images. */
export function makeAtlas(page) {
  const { row, rows } = page;
  if (row.kind !== "image") return null;
  const across = Math.ceil(Math.sqrt(rows.count));
  const atlas = document.createElement("canvas");
  atlas.width = across * row.width;
  atlas.height = Math.ceil(rows.count / across) * row.height;
  const context = atlas.getContext("2d");
  for (let n = 0; n < rows.count; n++) {
    const [x, y] = [(n % across) * row.width, Math.floor(n / across) * row.height];
    context.putImageData(imageOf(row, rows.x, n * row.size), x, y);
  }
  return { canvas: atlas, across };
}

/** Draw everything. `scene`: spots, classes, atlas, view, cursor, chosen, here (places in the plane or null). */
export function drawMap(canvas, page, scene) {
  const ratio = window.devicePixelRatio || 1;
  const { clientWidth: width, clientHeight: height } = canvas;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  context.imageSmoothingEnabled = false;
  drawAxes(context, scene.view, width, height);
  drawRows(context, page, scene, width, height);
  if (scene.here) drawRing(context, toScreen(scene.view, width, height, scene.here), scene.atlas ? 20 : 11);
  if (scene.cursor) drawCross(context, toScreen(scene.view, width, height, scene.cursor));
}

function drawAxes(context, view, width, height) {
  const [x, y] = toScreen(view, width, height, [0, 0]);
  context.strokeStyle = css(colours().rule);
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(x, 0);
  context.lineTo(x, height);
  context.moveTo(0, y);
  context.lineTo(width, y);
  context.stroke();
}

function drawRows(context, page, { spots, classes, atlas, view, chosen }, width, height) {
  const { row, rows } = page;
  const zoom = Math.sqrt(view.scale / view.whole);
  const side = Math.min(64, (row.kind === "image" ? 24 : 0) * Math.max(1, zoom));
  const room = makeRoom(side);
  const pictures = [];
  for (let n = 0; n < rows.count; n++) {
    const [x, y] = toScreen(view, width, height, [spots[2 * n], spots[2 * n + 1]]);
    if (x < -side || y < -side || x > width + side || y > height + side) continue;
    if (atlas && room.take(x, y)) pictures.push([n, x, y]);
    else {
      dot(context, x, y, classes ? labelColour(classes.of[n]) : css(colours().accent), n === chosen ? 6 : 3.2);
    }
  }
  const tall = (side * row.height) / row.width;
  for (const [n, x, y] of pictures) {
    const [sx, sy] = [(n % atlas.across) * row.width, Math.floor(n / atlas.across) * row.height];
    context.drawImage(atlas.canvas, sx, sy, row.width, row.height, x - side / 2, y - tall / 2, side, tall);
    context.strokeStyle = classes ? labelColour(classes.of[n]) : css(colours().rule);
    context.lineWidth = n === chosen ? 4 : 2;
    context.strokeRect(x - side / 2, y - tall / 2, side, tall);
  }
}

/** Squares of the screen that are taken, sorted into cells of their own side. */
function makeRoom(side) {
  const cells = new Map();
  const key = (i, j) => `${i},${j}`;
  return {
    /** Take the square around a point, if it overlaps no other one. */
    take(x, y) {
      const [i, j] = [Math.floor(x / side), Math.floor(y / side)];
      for (let a = i - 1; a <= i + 1; a++) {
        for (let b = j - 1; b <= j + 1; b++) {
          const other = cells.get(key(a, b));
          if (other && Math.max(Math.abs(other[0] - x), Math.abs(other[1] - y)) < side + 2) return false;
        }
      }
      cells.set(key(i, j), [x, y]);
      return true;
    },
  };
}

function dot(context, x, y, colour, radius) {
  context.fillStyle = colour;
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
}

function drawRing(context, [x, y], radius) {
  for (const [colour, width] of [[colours().card, 6], [colours().ink, 2.5]]) {
    context.strokeStyle = css(colour);
    context.lineWidth = width;
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.stroke();
  }
}

function drawCross(context, [x, y]) {
  context.strokeStyle = css(colours().ink, 0.7);
  context.lineWidth = 1.5;
  context.beginPath();
  for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
    context.moveTo(x + 4 * dx, y + 4 * dy);
    context.lineTo(x + 11 * dx, y + 11 * dy);
  }
  context.stroke();
}
