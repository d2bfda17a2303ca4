// The page as a whole: which view is seen, who asks, colours, keys.

import * as devices from "./devices.js";
import * as exchanges from "./exchanges.js";
import * as messages from "./messages.js";
import * as resource from "./resource.js";
import * as tree from "./tree.js";
import { connect } from "./state.js";
import { byId } from "./show.js";
import { onUnauthorized, token } from "./server.js";

const VIEWS = ["resources", "devices", "exchanges", "messages"];
const SCHEMES = { "": "Auto", light: "Light", dark: "Dark" };
const NEW = "?new";

function route() {
  const [view, path] = split(decodeURIComponent(location.hash.slice(1)));
  for (const name of VIEWS) {
    byId(name).hidden = name !== view;
    const link = document.querySelector(`nav a[href="#${name}"]`);
    if (name === view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = path && path !== NEW ? `${path} · Twite` : "Twite";
  document.body.dataset.view = view;
  document.body.dataset.open = String(Boolean(path));
  if (view === "resources") {
    tree.select(path);
    resource.show(path === NEW ? "" : path, { isNew: path === NEW });
  }
  devices.reveal(view === "devices");
  exchanges.reveal(view === "exchanges");
  messages.reveal(view === "messages");
}

function split(hash) {
  const [view, ...path] = hash.split("/");
  return VIEWS.includes(view) ? [view, path.join("/")] : ["resources", ""];
}

function start() {
  const reconnect = () => connect((state, why) => {
    const shown = byId("connection");
    shown.dataset.state = state;
    shown.textContent = { connecting: "connecting", open: "live", lost: "no connection", refused: "refused" }[state];
    shown.title = why ?? "";
  });
  const identify = byId("token-dialog");
  const askForToken = () => identify.open || identify.showModal();
  onUnauthorized(askForToken);
  byId("identify").addEventListener("click", askForToken);
  identify.addEventListener("close", () => {
    const text = byId("token").value.trim();
    byId("token").value = "";
    if (identify.returnValue === "keep" && text) token.keep(text);
    else if (identify.returnValue === "forget") token.keep("");
    else return;
    reconnect();
    route();
  });
  byId("create").addEventListener("click", () => (location.hash = `#resources/${NEW}`));
  byId("keys").addEventListener("click", () => byId("keys-dialog").showModal());
  byId("scheme").addEventListener("click", nextScheme);
  addEventListener("hashchange", route);
  addEventListener("keydown", key);
  tree.start((path) => {
    if (location.hash === `#resources/${encodeURI(path)}`) route();
    else location.hash = `#resources/${encodeURI(path)}`;
  });
  resource.start();
  devices.start();
  messages.start();
  colour(localStorage.getItem("twite-scheme") ?? "");
  reconnect();
  route();
}

function nextScheme() {
  const names = Object.keys(SCHEMES);
  const next = names[(names.indexOf(document.documentElement.dataset.scheme ?? "") + 1) % names.length];
  localStorage.setItem("twite-scheme", next);
  colour(next);
  document.dispatchEvent(new Event("scheme"));
}

function colour(name) {
  document.documentElement.dataset.scheme = name;
  byId("scheme").textContent = SCHEMES[name];
  byId("scheme").setAttribute("aria-label", `Colours: ${SCHEMES[name]}`);
}

function key(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.target.closest("input, textarea, select")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const view = VIEWS[Number(event.key) - 1];
  const chart = resource.openChart();
  if (view) {
    location.hash = `#${view}`;
    // Not when the event comes: the next key may be for what that view has.
    route();
  } else if (event.key === "/") byId(document.body.dataset.view === "messages" ? "messages-filter" : "filter").focus();
  else if (event.key === "n") location.hash = `#resources/${NEW}`;
  else if (event.key === "e") resource.edit();
  else if (event.key === "?") byId("keys-dialog").showModal();
  else if (event.key === "+") chart?.zoom(0.5);
  else if (event.key === "-") chart?.zoom(2);
  else if (event.key === "0") chart?.follow();
  else return;
  event.preventDefault();
}

start();
