// Small helpers for elements of the page.

/** The element with an id. */
export function byId(id) {
  return document.getElementById(id);
}

/** A new element with attributes, properties of listeners (`onclick`) and children. */
export function element(tag, about = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(about)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

/** A number with so many significant digits, without an exponent. */
export function shown(value, digits = 3) {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size >= 10 ** digits || size === 0) return Math.round(value).toLocaleString("en");
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(size)));
  return Number(value.toFixed(Math.min(decimals, 12))).toString();
}

/** A probability: ".042", "below .001". */
export function shownProbability(p) {
  if (p < 0.001) return "below .001";
  return p >= 0.995 ? "1.0" : p.toFixed(p < 0.1 ? 3 : 2).replace(/^0/, "");
}

let lastWords = null;

/** Say something to readers of the screen, once they have been quiet for a moment. */
export function announce(text) {
  clearTimeout(lastWords);
  lastWords = setTimeout(() => (byId("spoken").textContent = text), 600);
}
