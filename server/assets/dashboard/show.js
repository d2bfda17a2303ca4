// Elements, and values as people read them.

/** An element with properties (`class`, `data-…`, `aria-…`, `onclick`, …) and children. */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === "function" || name === "value" || name === "checked") made[name] = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** A path that may be broken behind its slashes. */
export const breakable = (path) =>
  path.split("/").flatMap((segment, at) => (at ? ["/", document.createElement("wbr"), segment] : [segment]));

export const byId = (id) => document.getElementById(id);

const UNITS = { Cel: "°C", "%RH": "%", "%EL": "%", count: "" };

/** A unit of SenML as people write it. */
export const unit = (name) => UNITS[name] ?? name ?? "";

const numbers = [2, 6].map((digits) => new Intl.NumberFormat("en", { maximumFractionDigits: digits, useGrouping: false }));

/** A field with its unit; short or to the last digit that counts. */
export function field(value, name, isShort = false) {
  if (typeof value === "number" && name === "s" && isShort) return span(value);
  if (typeof value === "number") return [numbers[isShort ? 0 : 1].format(value), unit(name)].filter(Boolean).join(" ");
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** What a resource says, in a few words. */
export function summary({ value, units = {}, size }) {
  if (value === undefined) return `${size} bytes`;
  if (value === null || typeof value !== "object" || Array.isArray(value)) return shorten(field(value, "", true));
  const fields = Object.entries(value).filter(([name]) => name !== "time");
  const words = fields.slice(0, 3).map(([name, part]) => {
    if (typeof part === "boolean") return name === "on" ? (part ? "on" : "off") : part ? name : `not ${name}`;
    const text = field(part, units[name], true);
    return unit(units[name]) ? text : `${name} ${text}`;
  });
  return shorten(words.join(" · ") + (fields.length > 3 ? " …" : ""));
}

const shorten = (text) => (text.length > 60 ? `${text.slice(0, 59)}…` : text);

/** A time of day; `milliseconds` since 1970. */
export function clock(milliseconds, withFraction = false) {
  const date = new Date(milliseconds);
  const time = date.toLocaleTimeString("en-GB");
  return withFraction ? `${time}.${String(date.getMilliseconds()).padStart(3, "0")}` : time;
}

/** How long ago, in words. */
export function ago(milliseconds) {
  const seconds = Math.max(0, Math.round((Date.now() - milliseconds) / 1000));
  return seconds < 1 ? "now" : `${span(seconds)} ago`;
}

/** A number of seconds in words. */
export function span(seconds) {
  const [days, hours, minutes] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
  if (days) return `${days} d ${hours} h`;
  if (hours) return `${hours} h ${minutes} min`;
  return minutes ? `${minutes} min ${Math.floor(seconds % 60)} s` : `${Math.floor(seconds)} s`;
}

/** A small line of the latest numbers; it says nothing that stands not beside it. */
export function spark(numbers) {
  const points = numbers.filter((value) => value !== null).slice(-40);
  const [low, high] = [Math.min(...points), Math.max(...points)];
  const y = (value) => (high > low ? 17 - (15 * (value - low)) / (high - low) : 10);
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [name, value] of Object.entries({ class: "spark", viewBox: "0 0 80 20", "aria-hidden": "true" })) {
    svg.setAttribute(name, value);
  }
  if (points.length > 1) {
    const line = document.createElementNS("http://www.w3.org/2000/svg", "polyline");
    const step = 78 / (points.length - 1);
    line.setAttribute("points", points.map((value, at) => `${(1 + at * step).toFixed(1)},${y(value).toFixed(1)}`).join(" "));
    svg.append(line);
  }
  return svg;
}
