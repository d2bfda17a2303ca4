// The resources by their paths, with what they say.

import { numbersOf, onChange, readingsOf, resources } from "./state.js";
import { breakable, byId, element, spark, summary } from "./show.js";

const rows = new Map();
const closed = new Set();
let selected = "";

/** Shows the tree; `open(path)` is called for the one that is chosen. */
export function start(open) {
  const tree = byId("tree");
  tree.addEventListener("click", (event) => {
    const row = event.target.closest("button[data-path]");
    if (row) open(row.dataset.path);
  });
  tree.addEventListener("keydown", walk);
  tree.addEventListener("toggle", (event) => {
    const { folder } = event.target.dataset;
    if (event.target.open) closed.delete(folder);
    else closed.add(folder);
  }, true);
  byId("filter").addEventListener("input", list);
  byId("filter").addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") step(null, 1, event);
  });
  onChange(({ changed, isListed }) => {
    if (isListed) list();
    for (const path of changed) fill(path, !isListed);
  });
  list();
}

/** Marks the one that is open. */
export function select(path) {
  rows.get(selected)?.removeAttribute("aria-current");
  selected = path;
  rows.get(path)?.setAttribute("aria-current", "true");
}

function list() {
  const focused = document.activeElement?.dataset?.path;
  const wanted = byId("filter").value.toLowerCase();
  const paths = [...resources.keys()].filter((path) => path.toLowerCase().includes(wanted)).sort();
  rows.clear();
  byId("tree").replaceChildren(paths.length ? level(branch(paths), "") : nothing(wanted));
  byId("count").textContent = paths.length ? String(paths.length) : "";
  for (const path of paths) fill(path);
  select(selected);
  rows.get(focused)?.focus();
}

function nothing(wanted) {
  const why = wanted ? "No path has that in it." : "Nothing is here yet. Devices fill it by PUT and POST, or you by New.";
  return element("p", { class: "muted" }, why);
}

/** Paths as folders within folders: each a map from a segment to `{ path, below }`. */
function branch(paths) {
  const root = new Map();
  for (const path of paths) {
    let below = root;
    let node;
    for (const segment of path.split("/")) {
      if (!below.has(segment)) below.set(segment, { below: new Map() });
      node = below.get(segment);
      below = node.below;
    }
    node.path = path;
  }
  return root;
}

function level(nodes, prefix) {
  const items = [];
  for (let [name, node] of nodes) {
    // A folder of one thing is no folder.
    while (!node.path && node.below.size === 1) {
      const [[next, only]] = node.below;
      [name, node] = [`${name}/${next}`, only];
    }
    const folder = `${prefix}${name}/`;
    const item = element("li");
    if (node.path) item.append(row(node.path, name));
    if (node.below.size) {
      const below = level(node.below, folder);
      item.append(node.path ? below : element("details", { open: !closed.has(folder), "data-folder": folder },
        element("summary", {}, element("span", {}, name), element("span", { class: "muted" }, String(node.below.size))), below));
    }
    items.push(item);
  }
  return element("ul", {}, ...items);
}

function row(path, name) {
  const made = element("button", { type: "button", class: "row", "data-path": path },
    element("span", { class: "name" }, ...breakable(name)), spark([]), element("span", { class: "value" }));
  rows.set(path, made);
  return made;
}

function fill(path, isNews = false) {
  const [made, resource] = [rows.get(path), resources.get(path)];
  if (!made || !resource) return;
  const value = made.querySelector(".value");
  const text = summary(resource);
  if (value.textContent === text) return;
  value.textContent = text;
  value.title = text;
  const [name] = Object.keys(numbersOf(resource.value));
  made.querySelector("svg").replaceWith(spark(readingsOf(path).values[name] ?? []));
  if (isNews) {
    made.classList.remove("news");
    requestAnimationFrame(() => made.classList.add("news"));
  }
}

function walk(event) {
  const ways = { ArrowDown: 1, ArrowUp: -1 };
  if (ways[event.key]) step(event.target, ways[event.key], event);
}

function step(from, way, event) {
  const all = [...byId("tree").querySelectorAll("button[data-path], summary")].filter((one) => one.checkVisibility());
  const to = all[from === null ? 0 : all.indexOf(from) + way];
  if (!to && way < 0) byId("filter").focus();
  to?.focus();
  event.preventDefault();
}
