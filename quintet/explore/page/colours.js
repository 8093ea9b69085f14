// The colours of the page's style, light or dark, for what is drawn on a canvas.

let known = null;

/** Colours by the names of the style sheet's variables, as [red, green, blue]. */
export function colours() {
  if (known) return known;
  const style = getComputedStyle(document.documentElement);
  known = {};
  for (const name of ["card", "ink", "muted", "rule", "accent", "strange", "filled"]) {
    known[name] = parsed(style.getPropertyValue(`--${name}`).trim());
  }
  return known;
}

/** `redraw` is called when the system changes between light and dark. */
export function onColourChange(redraw) {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    known = null;
    redraw();
  });
}

function parsed(hex) {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}

/** A colour as CSS text, with an opacity. */
export function css([red, green, blue], opacity = 1) {
  return `rgb(${red} ${green} ${blue} / ${opacity})`;
}

/** The colour a part of the way from one to another. */
export function mixed(from, to, share) {
  return from.map((v, i) => v + (to[i] - v) * share);
}

// Petroff, "Accessible color sequences for data visualization", arXiv:2107.02270.
const LABELS = ["#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6", "#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd"];

/** The colour of a class by its place. */
export function labelColour(index) {
  return LABELS[index % LABELS.length];
}
