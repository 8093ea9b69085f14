// The page: draws the map at once, then starts the runtime, and connects the parts.

import { setUpAlike } from "./alike.js";
import { detect, impute, reconstruct, similar, strangeness } from "./answers.js";
import { onColourChange } from "./colours.js";
import { conditionOfRow, setUpCondition } from "./condition.js";
import { clean } from "./denoise.js";
import { setUpEditor } from "./editors.js";
import { byId } from "./elements.js";
import { setUpMap } from "./map.js";
import { latentsAt } from "./map_view.js";
import { makeModel } from "./model.js";
import { setUpMorph } from "./morph.js";
import { cellsOfRow, farthest, latentsOfRow, nameOfRow, observedOfRow, readPage } from "./page_data.js";
import { startRuntime } from "./runtime.js";
import { setUpSliders } from "./sliders.js";
import { latest } from "./store.js";
import { lacking, refusal } from "./support.js";
import { legal } from "./units.js";
import { viewsOf } from "./views.js";

const page = readPage();
const views = viewsOf(page);
const editor = { cells: cellsOfRow(page, 0), observed: observedOfRow(page, 0), z: latentsOfRow(page, 0), row: 0 };
editor.condition = conditionOfRow(page, 0);

const mark = setUpMap(page, { choose: chooseRow, visit: (place) => visit(place), take: (place) => take(at(place)) });
mark({ z: editor.z, row: 0 });
const firstPicture = performance.now();

const decoded = views.make("The row that the sliders describe");
byId("decoded").append(decoded);
const inset = views.make("The row decoded at the cursor of the map");
byId("map-inset").append(inset);

const model = start();
const ask = latest(async () => {
  const found = await (await answers)({ cells: editor.cells.slice(), observed: editor.observed.slice() });
  follow(found);
});
const showDecoded = latest(async (z) => views.show(decoded, await (await model).decode(z)));
let seen = [0, 0];
const visit = latest(async (place) => {
  seen = place;
  views.show(inset, await (await model).decode(at(place)));
});
const sliders = setUpSliders(page, (z) => {
  editor.shown = z;
  mark({ z, row: null });
  showDecoded(z);
});
const alike = setUpAlike(page, views, model, take);
const { draw, answers } = setUpEditor(page, editor, model, () => {
  editor.row = null;
  ask();
});
const showCondition = setUpCondition(page, (condition) => {
  editor.condition = condition;
  ask();
  morph();
  visit(seen);
});
const ends = { a: end(0), b: end(farthest(page, 0)) };
const current = () => ({ z: editor.z.slice(), name: editor.row === null ? "the edited row" : nameOfRow(page, editor.row) });
const morph = setUpMorph(page, ends, views, { current, decode: async (z, n) => (await model).decode(z, n), take });

byId("take-decoded").onclick = () => take(editor.shown ?? editor.z);
byId("row-number").onchange = () => chooseRow(Math.min(page.rows.count, Math.max(1, Number(byId("row-number").value) || 1)) - 1);
onColourChange(() => {
  draw();
  ask();
  morph();
  showDecoded(editor.shown ?? editor.z);
});
chooseRow(0);
morph();
visit(seen);

/** Take a row of the page into the editor. */
function chooseRow(index) {
  Object.assign(editor, { row: index, z: latentsOfRow(page, index), condition: conditionOfRow(page, index) });
  showCondition(editor.condition);
  editor.cells.set(cellsOfRow(page, index));
  editor.observed.set(observedOfRow(page, index));
  byId("row-number").value = index + 1;
  byId("row-name").textContent = nameOfRow(page, index);
  draw();
  follow(editor.z);
  ask();
  if (editor.condition) morph();
}

/** Take the row that latents decode to into the editor. */
async function take(z) {
  const cells = await (await model).decode(z);
  editor.cells.set(cells.map((value, i) => legal(page.row, value, i)));
  editor.observed.fill(1);
  editor.row = null;
  byId("row-name").textContent = "a row that the model decoded";
  draw();
  ask();
}

/** Let the map, the sliders and the new rows follow the latents of the row in the editor. */
function follow(z) {
  editor.z = z;
  editor.shown = Float32Array.from(z);
  mark({ z, row: editor.row });
  sliders(z);
  showDecoded(editor.shown);
  alike(z);
}

function at(place) {
  return latentsAt(page.latents, page.dim, place);
}

function end(index) {
  return { z: latentsOfRow(page, index), name: nameOfRow(page, index) };
}

/** The model, once the runtime has started; where it cannot start, never, and the page says why. */
async function start() {
  const status = byId("status");
  const what = lacking();
  const never = new Promise(() => {});
  if (what) {
    status.textContent = refusal(what);
    status.classList.add("alarm");
    document.body.classList.add("refused");
    return never;
  }
  try {
    await new Promise((go) => (document.readyState === "loading" ? addEventListener("DOMContentLoaded", go) : go()));
    await new Promise((go) => setTimeout(go)); // the map is painted first
    const runtime = await startRuntime(page.graphs, (words) => (status.textContent = `${words} …`));
    status.textContent = "The model runs in this page; nothing leaves it.";
    document.body.classList.add("ready");
    return makeModel(runtime, page.row.size, page.dim, () => editor.condition);
  } catch (error) {
    status.textContent = `The model could not be started: ${error.message}`;
    status.classList.add("alarm");
    return never;
  }
}

/** What the tests, and whoever opens the console, can ask: rows are arrays of cells in the model's units. */
window.quintet = {
  page,
  editor,
  firstPicture,
  ready: model.then(() => true),
  async reconstruct(cells) {
    return Array.from((await reconstruct(page, await model, ...whole(cells))).cells);
  },
  async score(cells) {
    const spent = await detect(page, await model, ...whole(cells));
    const { nats, rate, score } = spent;
    return { nats, rate, score, p: strangeness(page, score)?.p ?? null, where: Array.from(spent.where) };
  },
  async impute(cells, observed) {
    return Array.from((await impute(page, await model, Float64Array.from(cells), Float32Array.from(observed))).cells);
  },
  async clean(cells) {
    const { cells: found, trust, rate, bands } = await clean(page, await model, ...whole(cells));
    return { cells: Array.from(found), trust: Array.from(trust ?? []), rate, bands: Array.from(bands ?? []) };
  },
  async similar(z, amount) {
    return Array.from((await similar(page, await model, Float32Array.from(z), amount)).cells);
  },
};

function whole(cells) {
  return [Float64Array.from(cells), new Float32Array(cells.length).fill(1)];
}
