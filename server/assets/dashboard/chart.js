// Readings over time, as a chart that follows, or stands still where somebody looks closer.

import { readingsOf } from "./state.js";
import { clock, element, unit } from "./show.js";

const SPANS = [["1 min", 60], ["5 min", 300], ["1 h", 3600], ["All", Infinity]];
const HEIGHT = 240;

/** A chart of the numbers of a resource: its element, `update()`, `zoom(by)`, `follow()` and `end()`. */
export function chart(path, units) {
  let seconds = 300;
  let plot = null;
  let names = [];
  const canvas = element("div", { class: "plot", role: "img" });
  const buttons = SPANS.map(([label, span]) =>
    element("button", { type: "button", "aria-pressed": String(span === seconds), onclick: () => show(span) }, label));
  const bar = element("div", { class: "bar chart-bar", role: "group", "aria-label": "Range of the chart" }, ...buttons,
    element("button", { type: "button", "aria-label": "Closer", onclick: () => zoom(0.5) }, "+"),
    element("button", { type: "button", "aria-label": "Further", onclick: () => zoom(2) }, "−"));
  const whole = element("figure", { class: "chart", hidden: true },
    element("div", { class: "bar" }, element("figcaption", {}, "Since this page was opened. Drag to look closer, double-click to follow."), bar), canvas);
  const resize = new ResizeObserver(() => plot?.setSize({ width: canvas.clientWidth, height: HEIGHT }));
  const dark = matchMedia("(prefers-color-scheme: dark)");
  resize.observe(canvas);
  dark.addEventListener("change", rebuild);
  document.addEventListener("scheme", rebuild);

  function show(span) {
    seconds = span;
    mark();
    update();
  }

  /** Shows that the range of a button holds; none does for a part that somebody chose. */
  function mark() {
    buttons.forEach((button, at) => button.setAttribute("aria-pressed", String(SPANS[at][1] === seconds)));
  }

  function zoom(by) {
    if (!plot) return;
    const { min, max } = plot.scales.x;
    const [middle, half] = [(min + max) / 2, Math.max(((max - min) / 2) * by, 0.5)];
    stand();
    plot.setScale("x", { min: middle - half, max: middle + half });
  }

  function stand() {
    seconds = null;
    mark();
  }

  function rebuild() {
    plot?.destroy();
    plot = null;
    update();
  }

  function update() {
    const { times, values } = readingsOf(path);
    whole.hidden = times.length === 0;
    if (times.length === 0) return;
    if (Object.keys(values).length !== names.length) {
      names = Object.keys(values);
      plot?.destroy();
      plot = null;
    }
    plot ??= build();
    plot.setData([times, ...names.map((name) => values[name])], false);
    const last = times.at(-1);
    const [min, max] = seconds === null ? [plot.scales.x.min, plot.scales.x.max] : [Math.max(times[0], last - seconds), last];
    plot.setScale("x", { min, max: max > min ? max : min + 1 });
    canvas.dataset.points = String(times.length);
    const latest = names.map((name) => `${name} ${values[name].at(-1)} ${unit(units[name])}`.trim());
    canvas.setAttribute("aria-label", `${times.length} readings; the last one: ${latest.join(", ")}`);
  }

  function build() {
    const colour = (name) => {
      // A canvas takes a colour that is computed, not one that depends on the scheme.
      canvas.style.color = `var(${name})`;
      return getComputedStyle(canvas).color;
    };
    const lines = [1, 2, 3, 4].map((number) => colour(`--line-${number}`));
    const axis = { stroke: colour("--muted"), grid: { stroke: colour("--edge"), width: 1 }, ticks: { show: false }, font: "12px system-ui" };
    const series = names.map((name, at) => ({
      label: [name, unit(units[name])].filter(Boolean).join(" in "),
      stroke: lines[at % lines.length],
      width: 2,
      points: { size: 5 },
      spanGaps: true,
      scale: units[name] ?? "y",
    }));
    const scales = [...new Set(series.map(({ scale }) => scale))].slice(0, 2);
    const axes = scales.map((scale, at) => ({ ...axis, scale, side: at ? 1 : 3, grid: at ? { show: false } : axis.grid, size: 54 }));
    return new globalThis.uPlot({
      width: canvas.clientWidth || 300,
      height: HEIGHT,
      series: [{ label: "time" }, ...series],
      axes: [{ ...axis, space: 70, values: (_, splits) => splits.map((seconds) => clock(seconds * 1000)) }, ...axes],
      cursor: { drag: { x: true, y: false }, bind: { dblclick: () => () => (show(300), null) } },
      legend: { show: names.length > 1, live: false },
      hooks: { setSelect: [(made) => made.select.width > 0 && stand()] },
    }, [[], ...names.map(() => [])], canvas);
  }

  function end() {
    resize.disconnect();
    dark.removeEventListener("change", rebuild);
    document.removeEventListener("scheme", rebuild);
    plot?.destroy();
  }

  return { element: whole, update, zoom, follow: () => show(300), end };
}
