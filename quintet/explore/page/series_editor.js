// The editor of a series: its line over the bands of the model, points that can be dragged, and steps that are hidden.

import { colours, css } from "./colours.js";
import { announce, byId, shown } from "./elements.js";
import { clamp } from "./maths.js";
import { hatch } from "./picture.js";
import { PAD, contextOf, drawBands, drawScale, frameOf, line, rangeOf } from "./series_chart.js";

const ALARM = 3;

/** Set up the chart; `changed()` is called for each change. Returns {draw, tell}. */
export function setUpSeries(page, editor, changed) {
  const canvas = byId("series");
  const { row } = page;
  const scene = { channel: 0, cursor: Math.floor(row.steps / 2), focused: false, bands: null, expected: null, where: null };
  const draw = () => drawSeries(canvas, page, editor, scene);
  const at = (step) => step * row.channels + scene.channel;
  const set = (step, value) => {
    if (byId("series-hide").checked) editor.observed[at(step)] = 0;
    else {
      editor.observed[at(step)] = 1;
      editor.cells[at(step)] = value;
    }
    scene.cursor = step;
    draw();
    changed();
  };
  listenToDragging(canvas, page, editor, scene, set);
  listenToSeriesKeys(canvas, page, editor, scene, { at, set, draw });
  byId("channel").onchange = () => {
    scene.channel = Number(byId("channel").value);
    draw();
  };
  new ResizeObserver(draw).observe(canvas);
  return {
    draw,
    tell({ spent, expected, bands }) {
      Object.assign(scene, { where: spent.where, expected, bands });
      draw();
    },
  };
}

function listenToDragging(canvas, page, editor, scene, set) {
  let dragging = false;
  const move = (event) => {
    const frame = frameOf(canvas, page, editor, scene);
    set(frame.step(event.offsetX), frame.value(event.offsetY));
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    dragging = true;
    scene.range = rangeOf(page, editor, scene); // the scale stays while a point is dragged
    move(event);
  });
  canvas.addEventListener("pointermove", (event) => dragging && move(event));
  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, () => {
      dragging = false;
      scene.range = null;
    });
  }
}

function listenToSeriesKeys(canvas, page, editor, scene, { at, set, draw }) {
  canvas.addEventListener("focus", () => {
    scene.focused = canvas.matches(":focus-visible");
    draw();
  });
  canvas.addEventListener("blur", () => {
    scene.focused = false;
    draw();
  });
  canvas.addEventListener("keydown", (event) => {
    const { steps, cells } = page.row;
    const nudge = { ArrowUp: 0.1, ArrowDown: -0.1 }[event.key];
    const way = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 }[event.key];
    if (way) scene.cursor = clamp(scene.cursor + way, 0, steps - 1);
    else if (nudge) set(scene.cursor, editor.cells[at(scene.cursor)] + nudge * cells[scene.channel].scale);
    else if (event.key === " ") {
      byId("series-hide").checked = editor.observed[at(scene.cursor)] > 0.5;
      set(scene.cursor, editor.cells[at(scene.cursor)]);
    } else return;
    event.preventDefault();
    scene.focused = true;
    draw();
    const hidden = editor.observed[at(scene.cursor)] <= 0.5;
    announce(`step ${scene.cursor + 1}, ${hidden ? "hidden" : shown(editor.cells[at(scene.cursor)], 4)}`);
  });
}

function drawSeries(canvas, page, editor, scene) {
  const context = contextOf(canvas);
  const frame = frameOf(canvas, page, editor, scene);
  const { steps, channels } = page.row;
  const at = (step) => step * channels + scene.channel;
  drawScale(context, frame, canvas, steps);
  for (let step = 0; step < steps; step++) {
    if (editor.observed[at(step)] > 0.5) continue;
    const wide = Math.max(3, frame.x(1) - frame.x(0));
    hatch(context, frame.x(step) - wide / 2, PAD.top, wide, canvas.clientHeight - PAD.top - PAD.bottom);
  }
  if (scene.bands) drawBands(context, frame, page.row, scene.bands, at);
  const seen = (step) => (editor.observed[at(step)] > 0.5 ? editor.cells[at(step)] : null);
  line(context, frame, steps, seen, css(colours().ink), 1.8);
  if (scene.expected) {
    const filled = (step) => (editor.observed[at(step)] > 0.5 ? null : scene.expected[at(step)]);
    line(context, frame, steps, filled, css(colours().filled), 2.2);
  }
  drawAlarms(context, frame, steps, editor, scene, at);
  if (scene.focused) drawCursor(context, frame, scene.cursor, canvas);
}

/** A triangle and a ring at each step that is more surprising than usual. */
function drawAlarms(context, frame, steps, editor, scene, at) {
  context.fillStyle = context.strokeStyle = css(colours().strange);
  context.lineWidth = 2;
  for (let step = 0; step < steps; step++) {
    if (!scene.where || scene.where[at(step)] < ALARM) continue;
    const [x, y] = [frame.x(step), frame.y(editor.cells[at(step)])];
    context.beginPath();
    context.arc(x, y, 5, 0, 2 * Math.PI);
    context.stroke();
    context.beginPath();
    context.moveTo(x - 5, y - 18);
    context.lineTo(x + 5, y - 18);
    context.lineTo(x, y - 9);
    context.fill();
  }
}

function drawCursor(context, frame, step, canvas) {
  context.strokeStyle = css(colours().accent);
  context.lineWidth = 2;
  context.beginPath();
  context.moveTo(frame.x(step), PAD.top);
  context.lineTo(frame.x(step), canvas.clientHeight - PAD.bottom);
  context.stroke();
}
