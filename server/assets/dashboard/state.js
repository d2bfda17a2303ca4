// What is known of the resources, and of what they said since the page was opened.

import { follow } from "./events.js";

/** Of each resource what the server said last: path, etag, type, value, accepted, title, units. */
export const resources = new Map();

/** Of each resource with numbers what they were: times in seconds, and one list for each name. */
const readings = new Map();

/** So many readings of a resource are kept. */
const KEPT = 5_000;

/** Readings of so many resources are kept. */
const SERIES = 500;

const listeners = new Set();
let isListed = true;
let isDue = false;
let changed = new Set();
let ending = new AbortController();

/** Calls `listener({ changed, isListed })` after changes, with the paths, and whether some came or went. */
export function onChange(listener) {
  listeners.add(listener);
}

/** Follows all resources, as whoever the token says now. */
export function connect(says) {
  ending.abort();
  ending = new AbortController();
  let fresh = null;
  const events = {
    // What is not told again after a pause is gone.
    open: () => (fresh = new Set()),
    state: (state) => {
      fresh?.add(state.path);
      put(state);
    },
    deleted: ({ path }) => remove(path),
    complete: () => {
      for (const path of resources.keys()) if (fresh && !fresh.has(path)) remove(path);
      fresh = null;
    },
    problem: (problem) => says("lost", problem.title),
  };
  follow("/.well-known/core", events, (state, why) => {
    if (state === "refused") for (const path of resources.keys()) remove(path);
    says(state, why);
  }, ending.signal);
}

/** The numbers that a resource said since the page was opened. */
export function readingsOf(path) {
  return readings.get(path) ?? { times: [], values: {} };
}

/** The numbers in a value, by name; the time of a reading is none. */
export function numbersOf(value) {
  if (typeof value === "number") return { value };
  if (value === null || typeof value !== "object" || Array.isArray(value)) return {};
  const fields = Object.entries(value);
  return Object.fromEntries(fields.filter(([name, field]) => typeof field === "number" && name !== "time"));
}

function put(state) {
  isListed ||= !resources.has(state.path);
  if (resources.get(state.path)?.etag !== state.etag) record(state);
  resources.set(state.path, state);
  announce(state.path);
}

function remove(path) {
  if (!resources.delete(path)) return;
  readings.delete(path);
  isListed = true;
  announce(path);
}

function record(state) {
  const numbers = numbersOf(state.value);
  if (Object.keys(numbers).length === 0) return;
  if (!readings.has(state.path)) {
    if (readings.size >= SERIES) return;
    readings.set(state.path, { times: [], values: {} });
  }
  const { times, values } = readings.get(state.path);
  const time = (state.accepted ?? Date.now()) / 1000;
  for (const name of Object.keys(numbers)) values[name] ??= times.map(() => null);
  times.push(Math.max(time, times.at(-1) ?? 0));
  for (const [name, list] of Object.entries(values)) list.push(numbers[name] ?? null);
  if (times.length > KEPT) for (const list of [times, ...Object.values(values)]) list.splice(0, KEPT / 10);
}

function announce(path) {
  changed.add(path);
  if (isDue) return;
  isDue = true;
  setTimeout(() => {
    const news = { changed, isListed };
    [changed, isListed, isDue] = [new Set(), false, false];
    for (const listener of listeners) listener(news);
  }, 50);
}
