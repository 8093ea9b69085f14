// The condition of a conditional model: a choice for each column of labels, a slider for each number.

import { byId, element, shown } from "./elements.js";

/** The encoded condition of a row of the page; null for a model without conditions. */
export function conditionOfRow(page, index) {
  if (!page.condition) return null;
  const { rows, dim } = page.condition;
  return rows.slice(index * dim, (index + 1) * dim);
}

/** Set up the controls; `changed(condition)` is called with the encoded condition. Returns `show(condition)`. */
export function setUpCondition(page, changed) {
  if (!page.condition) return () => {};
  const { columns, dim } = page.condition;
  const encoded = new Float32Array(dim);
  let start = 0;
  const controls = columns.map((column, i) => {
    const own = encoded.subarray(start, start + (column.levels?.length ?? 1));
    start += own.length;
    const make = column.levels ? labelControl : numberControl;
    return make(column, `condition-${i}`, own, () => changed(encoded.slice()));
  });
  byId("condition").append(...controls.map((control) => control.element));
  return (given) => {
    encoded.set(given);
    for (const control of controls) control.show();
  };
}

/** A choice among the labels of training; `own` is the one-hot part of the condition. */
function labelControl({ name, levels }, id, own, changed) {
  const select = element("select", { id }, ...levels.map((text, i) => element("option", { value: i }, text)));
  select.addEventListener("change", () => {
    own.fill(0);
    own[Number(select.value)] = 1;
    changed();
  });
  const show = () => (select.value = own.indexOf(Math.max(...own)));
  return { element: element("div", { class: "condition" }, element("label", { for: id }, name), select), show };
}

/** A slider over the numbers of training; `own` is the standardised number. */
function numberControl({ name, mean, std, low, high }, id, own, changed) {
  const output = element("output", { for: id });
  const input = element("input", { type: "range", id, min: low, max: high, step: (high - low) / 200 || "any" });
  const show = () => {
    const value = own[0] * std + mean;
    input.value = value;
    output.textContent = shown(value, 3);
  };
  input.addEventListener("input", () => {
    own[0] = (Number(input.value) - mean) / std;
    output.textContent = shown(Number(input.value), 3);
    changed();
  });
  return { element: element("div", { class: "condition" }, element("label", { for: id }, name), input, output), show };
}
