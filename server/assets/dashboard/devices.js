// The nodes, how they are, and how this server is.

import { ago, byId, clock, element, span } from "./show.js";
import { onChange, resources } from "./state.js";
import { ask } from "./server.js";

/** A node that says nothing for so long is late, or lost, in seconds. */
const LATE = 120;
const LOST = 900;

let isShown = false;

/** Keeps the cards up to date while they are seen. */
export function start() {
  onChange(() => isShown && showNodes());
  setInterval(() => isShown && (showNodes(), showServer()), 5000);
}

/** Says whether they are seen. */
export function reveal(shown) {
  isShown = shown;
  if (!shown) return;
  showNodes();
  showServer();
}

async function showServer() {
  const checks = await Promise.all([["Alive", "live"], ["Ready", "ready"]].map(async ([name, path]) => {
    const response = await ask(`/health/${path}`).catch(() => null);
    return [name, response?.ok ? "yes" : response ? (await response.json()).detail : "no answer", Boolean(response?.ok)];
  }));
  const isWell = checks.every(([, , well]) => well);
  const rows = checks.map(([name, text]) => [name, text]);
  byId("server-health").replaceChildren(card("This server", isWell ? "well" : "lost", isWell ? "well" : "unwell", rows));
}

function showNodes() {
  const nodes = [...resources.values()].filter(({ path }) => /^nodes\/[^/]+$/.test(path));
  const cards = nodes.sort((one, other) => one.path.localeCompare(other.path)).map(node);
  const none = element("p", { class: "muted" }, "No device has told of itself yet: it does by PUT nodes/NAME.");
  byId("nodes").replaceChildren(...(cards.length ? cards : [none]));
}

function node({ path, value, accepted }) {
  const name = path.slice("nodes/".length);
  const quiet = accepted ? (Date.now() - accepted) / 1000 : 0;
  const state = quiet > LOST ? "lost" : quiet > LATE ? "late" : "well";
  const rows = [["Heard", accepted ? `${clock(accepted)}, ${ago(accepted)}` : "at an unknown time"]];
  if (value?.uptime !== undefined) rows.push(["Running for", span(value.uptime)]);
  if (value?.firmware !== undefined) rows.push(["Firmware", version(value.firmware)]);
  const made = card(name, state, { well: "well", late: "late", lost: "not heard of" }[state], rows);
  made.dataset.node = name;
  if (value?.battery !== undefined) {
    made.append(element("label", { class: "battery" }, element("span", {}, `Battery ${value.battery} %`),
      element("meter", { min: "0", max: "100", low: "20", value: value.battery })));
  }
  const mine = [...resources.keys()].filter((other) => other !== path && other.split("/").slice(1).includes(name));
  made.append(element("p", { class: "links" }, ...[path, ...mine].flatMap((other) => [element("a", { href: `#resources/${encodeURI(other)}` }, other), " "])));
  return made;
}

/** Firmware is major × 10000 + minor × 100 + patch. */
const version = (packed) => [Math.floor(packed / 10000), Math.floor(packed / 100) % 100, packed % 100].join(".");

function card(title, state, word, rows) {
  const list = rows.map(([name, text]) => element("div", {}, element("dt", {}, name), element("dd", {}, text)));
  return element("article", { class: "card" },
    element("h3", {}, title, " ", element("span", { class: "badge", "data-state": state }, word)), element("dl", {}, ...list));
}
