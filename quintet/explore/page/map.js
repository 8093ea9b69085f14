// The map: pointer, wheel, touch and keys move it, and choose rows or places.

import { announce, byId, element } from "./elements.js";
import { labelColour, onColourChange } from "./colours.js";
import { drawMap, makeAtlas } from "./map_draw.js";
import { places, planePlace, toPlane, toScreen, wholeView, zoomed } from "./map_view.js";
import { nameOfRow } from "./page_data.js";

const STEP = 24;
const NEAR = 26;

/**
 * Set up the map. `choose(index)` is called for a row, `visit(place)` as the cursor moves over the plane, and
 * `take(place)` for a place without a row. Returns `show({z, row})`, which marks where the reader's row lies.
 */
export function setUpMap(page, { choose, visit, take }) {
  const canvas = byId("map");
  const scene = { spots: places(page), classes: classesOf(page), atlas: makeAtlas(page), cursor: null, chosen: null, here: null };
  const size = () => [canvas.clientWidth, canvas.clientHeight];
  scene.view = wholeView(scene.spots, ...size());
  let asked = false;
  const draw = () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      drawMap(canvas, page, scene);
    });
  };
  const zoom = (factor, at) => {
    scene.view = zoomed(scene.view, ...size(), factor, at ?? size().map((s) => s / 2));
    draw();
  };
  const moveTo = (point) => {
    scene.cursor = toPlane(scene.view, ...size(), point);
    const near = nearest(point);
    byId("map-note").textContent = near === null ? "no row here: the picture is decoded from the plane" : nameOfRow(page, near);
    visit(scene.cursor);
    draw();
    return near;
  };
  const pick = (point) => {
    const near = nearest(point);
    if (near === null) take(toPlane(scene.view, ...size(), point));
    else choose(near);
  };
  function nearest([x, y]) {
    let best = null;
    let least = NEAR ** 2;
    for (let n = 0; n < page.rows.count; n++) {
      const [a, b] = toScreen(scene.view, ...size(), [scene.spots[2 * n], scene.spots[2 * n + 1]]);
      const far = (a - x) ** 2 + (b - y) ** 2;
      if (far < least) [best, least] = [n, far];
    }
    return best;
  }
  listenToPointers(canvas, scene, { size, draw, zoom, moveTo, pick });
  listenToKeys(canvas, scene, { page, size, draw, zoom, moveTo, pick });
  byId("map-in").onclick = () => zoom(1.5);
  byId("map-out").onclick = () => zoom(1 / 1.5);
  byId("map-whole").onclick = () => {
    scene.view = wholeView(scene.spots, ...size());
    draw();
  };
  new ResizeObserver(() => {
    const { whole } = wholeView(scene.spots, ...size());
    scene.view = { ...scene.view, scale: (scene.view.scale / scene.view.whole) * whole, whole };
    draw();
  }).observe(canvas);
  onColourChange(() => {
    scene.atlas = makeAtlas(page);
    draw();
  });
  showLegend(scene.classes);
  drawMap(canvas, page, scene);
  return ({ z, row }) => {
    scene.here = planePlace(page.latents, page.dim, z);
    scene.chosen = row;
    draw();
  };
}

function listenToPointers(canvas, scene, { size, draw, zoom, moveTo, pick }) {
  const down = new Map();
  let travelled = 0;
  const at = (event) => [event.offsetX, event.offsetY];
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    down.set(event.pointerId, at(event));
    travelled = 0;
  });
  canvas.addEventListener("pointermove", (event) => {
    const point = at(event);
    const before = down.get(event.pointerId);
    if (!before) {
      moveTo(point);
      return;
    }
    travelled += Math.hypot(point[0] - before[0], point[1] - before[1]);
    if (down.size === 2) {
      const other = [...down].find(([id]) => id !== event.pointerId)[1];
      const apart = (p) => Math.hypot(p[0] - other[0], p[1] - other[1]);
      zoom(apart(point) / Math.max(apart(before), 1), other);
    } else {
      scene.view.x -= (point[0] - before[0]) / scene.view.scale;
      scene.view.y += (point[1] - before[1]) / scene.view.scale;
      draw();
    }
    down.set(event.pointerId, point);
  });
  canvas.addEventListener("pointerup", (event) => {
    down.delete(event.pointerId);
    if (travelled > 5) return;
    moveTo(at(event));
    pick(at(event));
  });
  canvas.addEventListener("pointercancel", (event) => down.delete(event.pointerId));
  canvas.addEventListener(
    "wheel",
    (event) => {
      if (document.activeElement !== canvas && !event.ctrlKey) return; // the page scrolls
      event.preventDefault();
      zoom(Math.exp(-event.deltaY / 400), at(event));
    },
    { passive: false },
  );
  canvas.addEventListener("focus", () => {
    if (!scene.cursor && canvas.matches(":focus-visible")) moveTo(size().map((s) => s / 2));
  });
}

function listenToKeys(canvas, scene, { page, size, draw, zoom, moveTo, pick }) {
  const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  canvas.addEventListener("keydown", (event) => {
    const way = ways[event.key];
    const [width, height] = size();
    if (way && event.shiftKey) {
      scene.view.x += (way[0] * 2 * STEP) / scene.view.scale;
      scene.view.y -= (way[1] * 2 * STEP) / scene.view.scale;
      draw();
    } else if (way) {
      const [a, b] = scene.cursor ?? [scene.view.x, scene.view.y];
      const next = [a + (way[0] * STEP) / scene.view.scale, b - (way[1] * STEP) / scene.view.scale];
      keepInside(scene.view, toScreen(scene.view, width, height, next), width, height);
      const near = moveTo(toScreen(scene.view, width, height, next));
      announce(near === null ? "no row here" : nameOfRow(page, near));
    } else if (event.key === "+" || event.key === "=") zoom(1.3);
    else if (event.key === "-") zoom(1 / 1.3);
    else if (event.key === "Enter" || event.key === " ") {
      if (scene.cursor) pick(toScreen(scene.view, width, height, scene.cursor));
    } else return;
    event.preventDefault();
  });
}

/** Move the view so that a point that left the frame is inside again. */
function keepInside(view, [x, y], width, height) {
  const margin = STEP;
  if (x < margin) view.x += (x - margin) / view.scale;
  if (x > width - margin) view.x += (x - width + margin) / view.scale;
  if (y < margin) view.y -= (y - margin) / view.scale;
  if (y > height - margin) view.y -= (y - height + margin) / view.scale;
}

/** The classes of the rows: names, and the place of each row's name; null without labels, or with too many. */
function classesOf(page) {
  const { labels } = page.rows;
  const names = [...new Set(labels)].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  if (names.length < 2 || names.length > 20) return null;
  const place = new Map(names.map((name, i) => [name, i]));
  return { names, of: labels.map((label) => place.get(label)) };
}

function showLegend(classes) {
  const items = (classes?.names ?? []).map((name, i) => {
    const mark = element("span", { class: "mark", style: `background:${labelColour(i)}` });
    return element("li", {}, mark, name);
  });
  byId("legend").replaceChildren(...items);
}
