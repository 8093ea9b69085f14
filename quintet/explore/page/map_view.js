// The plane of the map: from latents to the plane, and from the plane to the screen.

/** Places of all rows in the plane, (n, 2). */
export function places(page) {
  const { dim, rows, latents } = page;
  const out = new Float32Array(2 * rows.count);
  for (let n = 0; n < rows.count; n++) out.set(planePlace(latents, dim, rows.z.subarray(n * dim, (n + 1) * dim)), 2 * n);
  return out;
}

/** The place of latents in the plane. */
export function planePlace(latents, dim, z) {
  let a = 0;
  let b = 0;
  for (let i = 0; i < dim; i++) {
    a += latents.axes[i] * (z[i] - latents.mean[i]);
    b += latents.axes[dim + i] * (z[i] - latents.mean[i]);
  }
  return [a, b];
}

/** The latents of a place: the mean of all rows, moved along the plane. */
export function latentsAt(latents, dim, [a, b]) {
  return Float32Array.from({ length: dim }, (_, i) => latents.mean[i] + a * latents.axes[i] + b * latents.axes[dim + i]);
}

/** A view of the plane: its centre, and pixels for each unit. */
export function wholeView(spots, width, height) {
  let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let n = 0; n < spots.length; n += 2) {
    left = Math.min(left, spots[n]);
    right = Math.max(right, spots[n]);
    low = Math.min(low, spots[n + 1]);
    high = Math.max(high, spots[n + 1]);
  }
  const scale = 0.86 * Math.min(width / Math.max(right - left, 1e-3), height / Math.max(high - low, 1e-3));
  return { x: (left + right) / 2, y: (low + high) / 2, scale, whole: scale };
}

export function toScreen(view, width, height, [a, b]) {
  return [width / 2 + (a - view.x) * view.scale, height / 2 - (b - view.y) * view.scale];
}

export function toPlane(view, width, height, [x, y]) {
  return [view.x + (x - width / 2) / view.scale, view.y - (y - height / 2) / view.scale];
}

/** Zoom by a factor about a point of the screen, which stays where it is. */
export function zoomed(view, width, height, factor, [x, y]) {
  const scale = Math.min(60 * view.whole, Math.max(0.4 * view.whole, view.scale * factor));
  const [a, b] = toPlane(view, width, height, [x, y]);
  return { ...view, scale, x: a - (x - width / 2) / scale, y: b + (y - height / 2) / scale };
}
