// A small chart of a distribution: bars of levels, or the density of a number.

import { element, shown } from "./elements.js";

const MOST = 12;
const [WIDTH_OF_CHART, HEIGHT_OF_CHART] = [300, 110];

/** Show a distribution of `distribution.js`, with a mark at the cell's own value, or null; `words(value)` names one. */
export function showDistribution(place, found, value, words) {
  place.replaceChildren(found.levels ? levelBars(found.levels, value) : densityChart(found.bars, value, words));
}

function levelBars(levels, own) {
  const sorted = levels.map((level, i) => ({ ...level, own: i === own })).sort((a, b) => b.share - a.share);
  const kept = sorted.filter((level, i) => i < MOST || level.own);
  const top = Math.max(...kept.map((level) => level.share), 1e-9);
  const lines = kept.map(({ name, share, own: chosen }) => [
    element("dt", { class: chosen ? "own" : null }, name),
    element(
      "dd",
      {},
      element("span", { class: "level-bar", style: `width:${(70 * share) / top}%` }),
      ` ${shown(100 * share, 2)} %`,
    ),
  ]);
  return element("dl", { class: "levels" }, ...lines.flat());
}

function densityChart(bars, value, words) {
  const [low, high] = range(bars, value);
  const across = (v) => ((v - low) / (high - low)) * WIDTH_OF_CHART;
  const heights = bars.map((bar) => bar.share / Math.max(bar.high - bar.low, (high - low) / 400));
  const top = Math.max(...heights, 1e-12);
  const svg = vector("svg", { viewBox: `0 0 ${WIDTH_OF_CHART} ${HEIGHT_OF_CHART + 18}`, role: "img", class: "density" });
  svg.setAttribute("aria-label", `Most probable between ${words(likeliest(bars).low)} and ${words(likeliest(bars).high)}`);
  bars.forEach((bar, i) => {
    const [x, right] = [across(Math.max(bar.low, low)), across(Math.min(bar.high, high))];
    if (right < 0 || x > WIDTH_OF_CHART || right < x) return;
    const height = (HEIGHT_OF_CHART * heights[i]) / top;
    svg.append(vector("rect", { x, y: HEIGHT_OF_CHART - height, width: Math.max(right - x, 1.5), height, class: "density-bar" }));
  });
  svg.append(vector("line", { x1: 0, x2: WIDTH_OF_CHART, y1: HEIGHT_OF_CHART, y2: HEIGHT_OF_CHART, class: "axis" }));
  svg.append(label(0, "start", words(low)), label(WIDTH_OF_CHART, "end", words(high)));
  if (value !== null && Number.isFinite(value)) {
    svg.append(vector("line", { x1: across(value), x2: across(value), y1: 0, y2: HEIGHT_OF_CHART, class: "own-value" }));
  }
  return svg;
}

function likeliest(bars) {
  return bars.reduce((best, bar) => (bar.share > best.share ? bar : best));
}

/** The range of the chart: all bars but the outer half percents, and the cell's own value. */
function range(bars, value) {
  let [low, high] = [bars[0].low, bars.at(-1).high];
  let sum = 0;
  const total = bars.reduce((all, bar) => all + bar.share, 0);
  for (const bar of bars) {
    if (sum < 0.005 * total) low = bar.low;
    if (sum < 0.995 * total) high = bar.high;
    sum += bar.share;
  }
  if (value !== null && Number.isFinite(value)) [low, high] = [Math.min(low, value), Math.max(high, value)];
  const margin = 0.03 * (high - low) || 1;
  return [low - margin, high + margin];
}

function label(x, anchor, text) {
  const made = vector("text", { x, y: HEIGHT_OF_CHART + 14, "text-anchor": anchor });
  made.textContent = text;
  return made;
}

function vector(tag, about) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(about)) made.setAttribute(name, value);
  return made;
}
