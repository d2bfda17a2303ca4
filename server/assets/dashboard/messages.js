// The messages of CoAP that go by, as a packet list. The server looks at them only while somebody does here.

import { follow } from "./events.js";
import { byId, clock, element } from "./show.js";

/** So many are shown; older ones leave. */
const SHOWN = 300;

const WAYS = { in: "→ in", out: "← out" };

let ending = null;
let isPaused = false;
let lost = 0;
let last = -1;
/** Paths of requests by peer and token, for their responses. */
const paths = new Map();

/** Lets the buttons do something. */
export function start() {
  byId("pause").addEventListener("click", () => {
    isPaused = !isPaused;
    byId("pause").setAttribute("aria-pressed", String(isPaused));
  });
  byId("clear").addEventListener("click", () => {
    byId("packets").replaceChildren();
    count();
  });
  byId("messages-filter").addEventListener("input", () => {
    for (const row of byId("packets").rows) sift(row);
    count();
  });
}

/** Says whether they are seen. */
export function reveal(shown) {
  if (shown === Boolean(ending)) return;
  if (!shown) {
    ending.abort();
    ending = null;
    return;
  }
  ending = new AbortController();
  const events = {
    // After a restart of the server it counts from the beginning.
    open: () => (last = -1),
    messages: (news) => {
      lost = news.lost;
      if (!isPaused) add(news.messages.filter(({ number }) => number > last));
      last = news.messages.at(-1)?.number ?? last;
    },
    problem: (problem) => say(problem.title),
  };
  follow("/dashboard/messages", events, (state, why) => say(state === "open" ? "" : why ?? ""), ending.signal);
}

const say = (text) => (byId("messages-problem").textContent = text);

function add(messages) {
  const list = byId("packets");
  const seen = new Set([...list.rows].map((row) => row.dataset.number));
  const rows = messages.filter(({ number }) => !seen.has(String(number))).map(row).reverse();
  list.prepend(...rows);
  while (list.rows.length > SHOWN) list.rows[list.rows.length - 1].remove();
  count();
}

function count() {
  const rows = [...byId("packets").rows];
  const shown = rows.filter((row) => !row.hidden).length;
  byId("messages-count").textContent = [`${shown} of ${rows.length}`, lost ? `${lost} not shown, too many` : ""].filter(Boolean).join(", ");
}

function row(message) {
  const cells = message.problem === undefined ? decoded(message) : broken(message);
  const made = element("tr", { "data-number": String(message.number), "data-way": message.direction, "data-class": message.code?.[0] },
    cell("Time", clock(message.time, true)), cell("Way", WAYS[message.direction]), cell("Peer", message.peer), ...cells);
  sift(made);
  return made;
}

function decoded({ peer, type, code, id, token, path, size, options }) {
  const key = `${peer} ${token}`;
  const isRequest = /^[A-Za-z]/.test(code);
  if (isRequest) {
    paths.delete(key);
    paths.set(key, path);
    if (paths.size > 1000) paths.delete(paths.keys().next().value);
  }
  const about = isRequest ? `/${path}` : token && paths.has(key) ? `(/${paths.get(key)})` : "";
  return [cell("Type", type), cell("Code", code), cell("Path", about), cell("Id", id.toString(16).padStart(4, "0")),
    cell("Token", token), cell("Bytes", String(size)), cell("Options", options)];
}

const broken = ({ size, problem }) =>
  [cell("Type", ""), cell("Code", ""), cell("Path", ""), cell("Id", ""), cell("Token", ""), cell("Bytes", String(size)), cell("Options", problem)];

const cell = (name, text) => element("td", { "data-cell": name }, text);

function sift(made) {
  made.hidden = !made.textContent.toLowerCase().includes(byId("messages-filter").value.toLowerCase());
}
