// Cells of tables and series in the user's units.

import { shown } from "./elements.js";

/** The time of a cell as "2026-01-31T12:00:00", the form of an input for times. */
export function timeOf(cell, value) {
  const date = new Date((value * cell.step + cell.offset) * cell.milliseconds);
  return Number.isFinite(date.getTime()) ? date.toISOString().slice(0, 19) : "–";
}

/** The cell of a time in that form; NaN where it is none. */
export function cellOfTime(cell, text) {
  return (Date.parse(`${text}Z`) / cell.milliseconds - cell.offset) / cell.step;
}

/** A cell in words: its level, or its number with the decimals of training. */
export function shownCell(cell, value) {
  if (cell.type === "levels") return cell.levels[Math.min(cell.levels.length - 1, Math.max(0, Math.round(value)))];
  if (cell.type === "time") return timeOf(cell, value).replace("T", " ");
  const number = value + cell.offset;
  return cell.decimals === null ? shown(number, 4) : number.toFixed(Math.min(cell.decimals, 6));
}

/** A value that a cell of a row can have: within the range of its column, whole where its column is. */
export function legal(row, value, index = 0) {
  const cell = row.cells?.[index % row.cells.length];
  if (cell?.type === "levels") return Math.min(cell.levels.length - 1, Math.max(0, Math.round(value)));
  if (cell) return value;
  const inside = Math.min(row.high ?? Infinity, Math.max(row.low ?? -Infinity, value));
  return row.whole ? Math.round(inside) : inside;
}
