// The interactive charts of a page on series: zoom, values on hover, alarms; plain SVG without any library.
(() => {
  "use strict";
  const NS = "http://www.w3.org/2000/svg";
  const HIGH = 300, STRIP = 70, LEFT = 56, RIGHT = 10, TOP = 14, BOTTOM = 26, LEAST = 8;
  const make = (name, attributes, parent, text) => {
    const made = document.createElementNS(NS, name);
    for (const key in attributes) made.setAttribute(key, attributes[key]);
    if (text !== undefined) made.textContent = text;
    if (parent) parent.appendChild(made);
    return made;
  };
  const short = (value) => value === null || value === undefined ? "missing" : String(Number(value.toPrecision(5))).replace("-", "−");
  const draw = (host) => {
    const data = JSON.parse(host.querySelector("script").textContent);
    const svg = host.querySelector("svg"), said = host.querySelector(".readout"), chosen = host.querySelector("select");
    let one, j = 0, low = 0, high = 1, at = null, wide = 800, from = null;
    const count = () => one.values[j].length;
    const whole = () => { const ends = one.gaps.map((g) => g.start + g.mean.length); return Math.max(count(), ...ends); };
    const fills = () => one.gaps.filter((g) => g.channel === j);
    const time = (step) => Array.isArray(one.times) ? one.times[Math.min(step, one.times.length - 1)] : one.times.from + step * one.times.step;
    const label = (step, brief) => {
      const value = time(step);
      if (data.axis.kind !== "date") return data.axis.kind === "step" ? `step ${(value + 0).toLocaleString("en")}` : String(Number(value.toPrecision(12)));
      const text = new Date(value).toISOString().replace("T", " ");
      const span = time(high) - time(low);
      if (!brief) return text.slice(0, text.endsWith("00.000Z") ? 16 : 19);
      return span > 4 * 864e5 ? text.slice(0, 10) : span > 36e5 ? text.slice(5, 16) : text.slice(11, 19);
    };
    const x = (step) => LEFT + (wide - LEFT - RIGHT) * (step - low) / Math.max(1, high - low);
    const step = (px) => low + (px - LEFT) / (wide - LEFT - RIGHT) * (high - low);
    const clamp = (value, a, b) => Math.min(Math.max(value, a), b);
    const bounds = () => {
      let a = Infinity, b = -Infinity;
      const see = (value) => { if (value !== null) { a = Math.min(a, value); b = Math.max(b, value); } };
      for (let i = Math.max(0, Math.floor(low)); i <= Math.min(count() - 1, Math.ceil(high)); i++) see(one.values[j][i]);
      for (const g of fills()) for (let k = 0; k < g.mean.length; k++) if (g.start + k >= low && g.start + k <= high) { see(g.low[k]); see(g.high[k]); }
      if (!(b > a)) { const mid = Number.isFinite(a) ? a : 0; a = mid - 1; b = mid + 1; }
      const room = 0.06 * (b - a);
      return [a - room, b + room];
    };
    const nice = (a, b, most) => {
      const raw = (b - a) / most, power = 10 ** Math.floor(Math.log10(raw));
      const size = [1, 2, 5, 10].map((k) => k * power).find((k) => k >= raw);
      const out = [];
      for (let v = Math.ceil(a / size) * size; v <= b; v += size) out.push(Number(v.toPrecision(10)));
      return out;
    };
    // The lowest and the highest value of each pixel where there are more steps than pixels, so that peaks stay.
    const path = (values, start, y) => {
      let d = "", pen = false;
      const a = Math.max(0, Math.floor(low) - 1 - start), b = Math.min(values.length - 1, Math.ceil(high) + 1 - start);
      const each = Math.max(1, Math.floor((b - a) / (wide - LEFT - RIGHT)));
      for (let i = a; i <= b; i += each) {
        let first = null, last = null;
        for (let k = i; k < Math.min(i + each, b + 1); k++) {
          const v = values[k];
          if (v === null) continue;
          if (first === null || v < values[first]) first = k;
          if (last === null || v > values[last]) last = k;
        }
        if (first === null) { pen = false; continue; }
        for (const k of first === last ? [first] : first < last ? [first, last] : [last, first]) {
          d += `${pen ? "L" : "M"}${x(start + k).toFixed(1)} ${y(values[k]).toFixed(1)}`;
          pen = true;
        }
      }
      return d;
    };
    const render = () => {
      wide = Math.max(280, svg.clientWidth || 800);
      const tall = TOP + HIGH + BOTTOM + STRIP + BOTTOM;
      svg.setAttribute("viewBox", `0 0 ${wide} ${tall}`);
      svg.style.height = `${tall}px`;
      svg.textContent = "";
      const [a, b] = bounds(), y = (v) => TOP + HIGH * (b - v) / (b - a);
      const base = TOP + HIGH + BOTTOM, floor = Math.min(-2.5, Math.log10(Math.max(1e-12, Math.min(...one.p.filter((v) => v !== null && v > 0)))) - 0.2);
      const py = (p) => base + STRIP * Math.log10(Math.max(p, 1e-12)) / floor;
      const clip = `${host.id}-clip`;
      make("rect", { x: LEFT, y: 0, width: wide - LEFT - RIGHT, height: tall }, make("clipPath", { id: clip }, make("defs", {}, svg)));
      for (const v of nice(a, b, 5)) {
        make("line", { class: "rule", x1: LEFT, x2: wide - RIGHT, y1: y(v), y2: y(v) }, svg);
        make("text", { x: LEFT - 6, y: y(v) + 4, "text-anchor": "end" }, svg, short(v));
      }
      const ticks = nice(low, high, Math.max(2, Math.floor(wide / 130))).filter((v) => Number.isInteger(v));
      for (const v of ticks) make("text", { x: clamp(x(v), LEFT + 20, wide - RIGHT - 30), y: TOP + HIGH + 18, "text-anchor": "middle" }, svg, label(v, true));
      const inner = make("g", { "clip-path": `url(#${clip})` }, svg);
      for (const alarm of one.alarms) {
        const left = x(alarm.start - 0.5), size = Math.max(2, x(alarm.stop - 0.5) - left);
        make("rect", { class: "alarm", x: left, y: TOP, width: size, height: HIGH }, inner);
        make("rect", { class: "alarm", x: left, y: base, width: size, height: STRIP }, inner);
      }
      if (whole() > count()) make("rect", { class: "ahead", x: x(count() - 0.5), y: TOP, width: Math.max(0, x(whole()) - x(count() - 0.5)), height: HIGH }, inner);
      for (const g of fills()) {
        const back = g.low.map((v, k) => `L${x(g.start + k).toFixed(1)} ${y(v).toFixed(1)}`).reverse().join("");
        const there = g.high.map((v, k) => `${k ? "L" : "M"}${x(g.start + k).toFixed(1)} ${y(v).toFixed(1)}`).join("");
        make("path", { class: "band", d: `${there}${back}Z` }, inner);
        make("path", { class: "fill", d: path(g.mean, g.start, y) }, inner);
        if (g.mean.length === 1) make("circle", { class: "dot", cx: x(g.start), cy: y(g.mean[0]), r: 2.5 }, inner);
      }
      make("path", { class: "values", d: path(one.values[j], 0, y) }, inner);
      make("line", { class: "rule", x1: LEFT, x2: wide - RIGHT, y1: py(data.level), y2: py(data.level), "stroke-dasharray": "4 3" }, svg);
      make("text", { x: LEFT - 6, y: py(data.level) + 4, "text-anchor": "end" }, svg, `p ${short(data.level)}`);
      make("text", { x: LEFT - 6, y: base + 4, "text-anchor": "end" }, svg, "p 1");
      make("path", { class: "p", d: path(one.p.map((p) => p === null ? null : Math.max(p, 1e-12)), 0, py) }, inner);
      const lens = make("rect", { class: "lens", x: LEFT, width: 0, y: TOP, height: HIGH }, inner);
      if (from !== null && from.to !== undefined) { lens.setAttribute("x", Math.min(from.x, from.to)); lens.setAttribute("width", Math.abs(from.to - from.x)); }
      if (at !== null) {
        make("line", { class: "cross", x1: x(at), x2: x(at), y1: TOP, y2: base + STRIP }, inner);
        const v = value(at);
        if (v !== null) make("circle", { class: "dot", cx: x(at), cy: y(v), r: 4 }, inner);
      }
    };
    const fillAt = (i) => fills().find((g) => i >= g.start && i < g.start + g.mean.length);
    const value = (i) => {
      const own = i < count() ? one.values[j][i] : null, g = fillAt(i);
      return own !== null ? own : g ? g.mean[i - g.start] : null;
    };
    const say = () => {
      if (at === null) { said.textContent = `${one.alarms.length} alarm${one.alarms.length === 1 ? "" : "s"}; ${label(0)} to ${label(count() - 1)}`; return; }
      const g = fillAt(at), own = at < count() ? one.values[j][at] : null;
      let text = `${label(at)}: ${data.channels[j]} `;
      if (own !== null) text += short(own);
      else if (g) { const k = at - g.start; text += `${at < count() ? "missing, filled" : "forecast"} ${short(g.mean[k])}, 90 % from ${short(g.low[k])} to ${short(g.high[k])}`; }
      else text += "missing";
      if (at < count() && one.p[at] !== null) text += `; p-value ${short(one.p[at])}`;
      const alarm = one.alarms.find((each) => at >= each.start && at < each.stop);
      if (alarm) text += `; alarm of ${alarm.stop - alarm.start} steps, most in ${alarm.channel}, p-value ${short(alarm.p)}, of the stretch ${short(alarm.stretch)}`;
      said.textContent = text;
    };
    const show = (a, b) => {
      const size = clamp(b - a, Math.min(LEAST, whole() - 1), whole() - 1);
      low = clamp((a + b - size) / 2, 0, whole() - 1 - size);
      high = low + size;
      render();
    };
    const point = (i) => {
      at = i === null ? null : clamp(Math.round(i), 0, whole() - 1);
      if (at !== null && (at < low || at > high)) { const half = (high - low) / 2; show(at - half, at + half); } else render();
      say();
    };
    const zoom = (factor, centre) => { const c = centre ?? at ?? (low + high) / 2; show(c - (c - low) * factor, c + (high - c) * factor); };
    const jump = (side) => {
      const here = at ?? (side > 0 ? -1 : whole());
      const list = side > 0 ? one.alarms : [...one.alarms].reverse();
      const next = list.find((each) => side > 0 ? each.start > here : each.start < here) || list[0];
      if (!next) return;
      const half = Math.max(LEAST * 4, 3 * (next.stop - next.start), Math.min(high - low, whole() / 8) / 2);
      at = next.start;
      show(next.start - half, next.start + half);
      say();
    };
    const choose = (number) => { one = data.series[Math.floor(number / data.channels.length)]; j = number % data.channels.length; low = 0; high = whole() - 1; at = null; };
    data.series.forEach((each, s) => data.channels.forEach((name, c) => {
      const option = document.createElement("option");
      option.value = s * data.channels.length + c;
      option.textContent = each.name ? `${each.name}: ${name}` : name;
      chosen.appendChild(option);
    }));
    chosen.hidden = chosen.options.length < 2;
    chosen.addEventListener("change", () => { const held = [low, high, at, one]; choose(Number(chosen.value)); if (one === held[3]) [low, high, at] = held; render(); say(); });
    const actions = { in: () => zoom(0.5), out: () => zoom(2), all: () => show(0, whole() - 1), next: () => jump(1), previous: () => jump(-1) };
    for (const button of host.querySelectorAll("button")) button.addEventListener("click", actions[button.dataset.action]);
    svg.addEventListener("keydown", (event) => {
      const far = event.shiftKey ? Math.max(1, Math.round((high - low) / 10)) : 1, here = at ?? Math.round((low + high) / 2);
      const keys = {
        ArrowRight: () => point(here + far), ArrowLeft: () => point(here - far), Home: () => point(0), End: () => point(whole() - 1),
        "+": actions.in, "=": actions.in, "-": actions.out, "0": actions.all, n: actions.next, p: actions.previous, Escape: () => point(null),
      };
      if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
      event.preventDefault();
      keys[event.key]();
    });
    const pointers = new Map();
    const place = (event) => event.clientX - svg.getBoundingClientRect().left;
    svg.addEventListener("pointerdown", (event) => {
      pointers.set(event.pointerId, place(event));
      if (event.pointerType !== "touch" && event.button === 0) { from = { x: place(event) }; svg.setPointerCapture(event.pointerId); }
    });
    svg.addEventListener("pointermove", (event) => {
      const px = place(event);
      if (pointers.has(event.pointerId) && event.pointerType === "touch") {
        const before = [...pointers.values()], old = pointers.get(event.pointerId);
        pointers.set(event.pointerId, px);
        if (pointers.size === 2) {
          const now = [...pointers.values()], a = Math.abs(before[0] - before[1]), b = Math.abs(now[0] - now[1]);
          if (a > 4 && b > 4) zoom(a / b, step((now[0] + now[1]) / 2));
        } else { const moved = step(old) - step(px); show(low + moved, high + moved); point(step(px)); }
        return;
      }
      if (from) from.to = px;
      point(step(px));
    });
    const lift = (event) => {
      pointers.delete(event.pointerId);
      if (from && from.to !== undefined && Math.abs(from.to - from.x) > 8) { const ends = [step(from.x), step(from.to)].sort((a, b) => a - b); from = null; show(...ends); }
      else { from = null; point(step(place(event))); }
    };
    svg.addEventListener("pointerup", lift);
    svg.addEventListener("pointercancel", (event) => { pointers.delete(event.pointerId); from = null; });
    svg.addEventListener("pointerleave", (event) => { if (event.pointerType === "mouse" && !from) point(null); });
    svg.addEventListener("wheel", (event) => { if (!event.ctrlKey && !event.metaKey) return; event.preventDefault(); zoom(event.deltaY < 0 ? 0.8 : 1.25, step(place(event))); }, { passive: false });
    choose(0);
    host.classList.add("drawn");
    render();
    say();
    new ResizeObserver(() => { if (Math.abs(svg.clientWidth - wide) > 1) render(); }).observe(svg);
  };
  for (const host of document.querySelectorAll(".chart")) draw(host);
})();
