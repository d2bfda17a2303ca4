// What the engines count: exchanges, observers, and what was dropped or refused, by reason.

import { byId, element } from "./show.js";
import { ask, explain } from "./server.js";

const EVERY = 2000;

const GROUPS = [
  ["Exchanges", /^twite_coap_(received|requests|notifications|duplicates|retransmissions|gave_up|pings|too_many|challenged)_total$/],
  ["Now", /^twite_(coap_(peers|observations|transmissions|deferred|own_requests)|http_(connections|streams|writes)|store_(entries|bytes))$/],
  ["Dropped or refused, by reason", /^twite_coap_.*_total$/],
  ["Store", /^twite_store_.*_total$/],
  ["HTTP", /^twite_http_(connections|connections_refused|events|streams_refused)_total$/],
];

let timer = null;
let before = null;

/** Says whether they are seen: only then the server is asked. */
export function reveal(shown) {
  clearInterval(timer);
  before = null;
  if (!shown) return;
  timer = setInterval(update, EVERY);
  update();
}

async function update() {
  const response = await ask("/metrics").catch(() => null);
  const problem = response?.ok ? "" : response ? await explain(response) : "No answer.";
  byId("exchanges-problem").textContent = problem;
  if (!response?.ok) return;
  const now = { at: performance.now(), figures: read(await response.text()) };
  const left = new Map(now.figures);
  byId("figures").replaceChildren(...GROUPS.map(([title, names]) => {
    const mine = [...left].filter(([name]) => names.test(name));
    mine.forEach(([name]) => left.delete(name));
    return table(title, mine, now);
  }));
  before = now;
}

/** Names, meanings and values of figures without labels, from Prometheus' text. */
function read(text) {
  const about = new Map();
  const figures = new Map();
  for (const line of text.split("\n")) {
    const help = /^# HELP (\S+) (.*)$/.exec(line);
    if (help) about.set(help[1], help[2]);
    const figure = /^([a-z_]+) (\S+)$/.exec(line);
    if (figure) figures.set(figure[1], { about: about.get(figure[1]), value: Number(figure[2]) });
  }
  return figures;
}

function table(title, figures, now) {
  const rows = figures.map(([name, { about, value }]) => {
    const isCounter = name.endsWith("_total");
    return element("tr", { class: value === 0 ? "zero" : null },
      element("th", { scope: "row", title: name }, about.replace(/\.$/, "")),
      element("td", { "data-figure": name }, value.toLocaleString("en")), isCounter ? element("td", { class: "rate" }, perSecond(name, value, now.at)) : null);
  });
  return element("table", {}, element("caption", {}, title), element("tbody", {}, ...rows));
}

function perSecond(name, value, at) {
  const old = before?.figures.get(name);
  const rate = old ? ((value - old.value) * 1000) / (at - before.at) : 0;
  return rate > 0 ? `${rate.toFixed(rate < 10 ? 1 : 0)}/s` : "";
}
