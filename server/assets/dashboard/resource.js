// One resource: what it is, what it says, its chart, and its editor.

import { chart } from "./chart.js";
import { editor } from "./editor.js";
import { ago, breakable, byId, clock, element, field } from "./show.js";
import { onChange, resources } from "./state.js";
import { ask, explain, reference } from "./server.js";

let open = null;

/** Keeps what is open up to date. */
export function start() {
  onChange(({ changed }) => {
    if (open && changed.has(open.path)) refresh();
  });
  setInterval(() => open?.refreshTime(), 1000);
}

/** Opens a resource; the empty path is none. */
export function show(path, { isNew = false } = {}) {
  open?.chart?.end();
  open = null;
  const place = byId("resource");
  if (isNew) return create(place);
  if (!path) return place.replaceChildren(element("p", { class: "muted empty" }, "Choose a resource to see what it says."));
  const now = resources.get(path);
  const parts = {
    path,
    state: element("div", { class: "facts" }),
    notice: element("p", { class: "notice", role: "status", hidden: true }),
    quick: element("div", { class: "actions" }),
    chart: chart(path, now?.units ?? {}),
    editor: editor(path),
    time: element("dd", { id: "accepted" }),
    refreshTime() {
      const accepted = resources.get(path)?.accepted;
      this.time.textContent = accepted ? `${clock(accepted)} (${ago(accepted)})` : "unknown";
    },
  };
  place.replaceChildren(
    back(), element("h2", { id: "path", tabindex: "-1" }, ...breakable(path)), parts.notice, parts.state, parts.quick, parts.chart.element, parts.editor.element);
  open = parts;
  refresh();
}

/** Shows the editor of what is open, if something is. */
export const edit = () => open?.editor.focus();

/** The chart of what is open, if something is. */
export const openChart = () => open?.chart;

/** On a telephone the list is not beside what is open. */
const back = () => element("a", { class: "back", href: "#resources" }, "← All resources");

function create(place) {
  const form = editor("");
  place.replaceChildren(back(), element("h2", { id: "path", tabindex: "-1" }, "New resource"), form.element);
  form.focus();
}

function refresh() {
  const now = resources.get(open.path);
  open.notice.hidden = Boolean(now);
  open.notice.textContent = now ? "" : "Nothing is there (any more).";
  if (now) {
    open.state.replaceChildren(values(now), facts(now));
    switches(now);
    open.refreshTime();
    open.chart.update();
  } else {
    open.state.replaceChildren();
    open.quick.replaceChildren();
  }
  open.editor.update(now);
}

function values({ value, units = {}, size }) {
  if (value === undefined) return element("p", { class: "muted" }, `${size} bytes, not shown`);
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    return element("pre", { id: "value", tabindex: "0" }, typeof value === "string" ? value : JSON.stringify(value, null, 2));
  }
  const rows = Object.entries(value).map(([name, part]) => {
    const text = name === "time" && part > 1e9 ? new Date(part * 1000).toLocaleString("en-GB") : field(part, units[name]);
    return element("div", {}, element("dt", {}, name), element("dd", { "data-field": name }, text));
  });
  return element("dl", { class: "values", id: "value" }, ...rows);
}

function facts({ type = "unknown", size, etag, title }) {
  const rows = [["Kind", title], ["Media type", type], ["Bytes", String(size)], ["ETag", etag]].filter(([, text]) => text);
  const list = rows.map(([name, text]) => element("div", {}, element("dt", {}, name), element("dd", { "data-fact": name }, text)));
  return element("dl", { class: "about" }, ...list, element("div", {}, element("dt", {}, "Accepted"), open.time));
}

/** What is on can be switched off, and the other way round. */
function switches({ value }) {
  const names = value && typeof value === "object" ? Object.keys(value).filter((name) => typeof value[name] === "boolean") : [];
  const wanted = names.map((name) => `${name}:${value[name]}`).join();
  if (open.quick.dataset.shown === wanted) return;
  const focused = open.quick.contains(document.activeElement) ? document.activeElement.dataset.name : null;
  open.quick.dataset.shown = wanted;
  open.quick.replaceChildren(...names.map((name) =>
    element("button", {
      type: "button", class: "switch", role: "switch", "aria-checked": String(value[name]), "data-name": name,
      onclick: () => toggle(name),
    }, name)));
  open.quick.querySelector(`[data-name="${CSS.escape(focused ?? "")}"]`)?.focus();
}

async function toggle(name) {
  const { path, notice } = open;
  const { value, etag } = resources.get(path) ?? {};
  if (!value) return;
  const response = await ask(reference(path), {
    method: "PATCH",
    headers: { "content-type": "application/merge-patch+json", "if-match": `"${etag}"` },
    body: JSON.stringify({ [name]: !value[name] }),
  }).catch((error) => ({ ok: false, statusText: error.message, headers: new Headers(), status: "" }));
  if (response.ok) return;
  notice.hidden = false;
  notice.textContent = await explain(response);
}
