// Sends a representation, in its media type, under the condition that nobody changed the resource meanwhile.

import { encode } from "./cbor.js";
import { element } from "./show.js";
import { ask, explain, reference } from "./server.js";

const TYPES = ["application/json", "application/cbor", "text/plain;charset=utf-8", "application/merge-patch+json", "application/octet-stream"];
const MERGE = "application/merge-patch+json";

/** An editor of the resource at a path, or of a new one: its element, `focus()` and `update(resource)`. */
export function editor(path) {
  const isNew = path === "";
  /** What the editor began with. */
  let began = null;
  let latest = null;
  const input = (label, control) => element("label", {}, element("span", {}, label), control);
  const where = element("input", { id: "edit-path", required: true, autocomplete: "off", spellcheck: "false", placeholder: "sensors/a1/temperature" });
  const type = element("select", { id: "edit-type" }, ...TYPES.map((name) => element("option", { value: name }, name)));
  const body = element("textarea", { id: "edit-body", rows: "6", spellcheck: "false", autocomplete: "off" });
  const file = element("input", { id: "edit-file", type: "file" });
  const fileLabel = input("File", file);
  const condition = element("input", { id: "edit-condition", type: "checkbox", checked: true });
  const conditionText = element("span", {}, isNew ? "Only if nothing is there yet (If-None-Match: *)" : "");
  const result = element("div", { id: "edit-result", role: "alert" });
  const send = element("button", { class: "primary", id: "edit-send" }, isNew ? "Create" : "Send");
  const remove = isNew ? null : element("button", { type: "button", id: "edit-delete", class: "danger", onclick: () => run("DELETE") }, "Delete");
  const form = element("form", { class: "editor", "aria-label": isNew ? "New resource" : "Change it" },
    isNew ? input("Path", where) : element("h3", {}, "Change it"),
    input("Media type", type), input("Body", body), fileLabel,
    element("label", { class: "check" }, condition, conditionText),
    element("div", { class: "actions" }, send, remove), result);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    run();
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  body.addEventListener("input", begin);
  type.addEventListener("change", () => {
    begin();
    choose();
  });
  choose();

  function choose() {
    fileLabel.hidden = type.value !== "application/octet-stream";
    body.parentElement.hidden = !fileLabel.hidden;
  }

  /** From the first change on the state that was seen then is the one that is meant. */
  function begin() {
    began ??= latest?.etag ?? null;
    describe();
  }

  function describe() {
    if (isNew) return;
    const etag = began ?? latest?.etag;
    const isBehind = began && latest && began !== latest.etag;
    conditionText.textContent = etag
      ? `Only if it is still what it was (If-Match: "${etag}")${isBehind ? ", which it is not: it changed meanwhile" : ""}`
      : "Only if nothing is there (If-None-Match: *)";
    form.dataset.behind = String(Boolean(isBehind));
  }

  function take(resource) {
    began = null;
    const known = TYPES.find((name) => name.split(";")[0] === (resource?.type ?? "").split(";")[0]);
    // What the catalog knows is taken in the names of JSON.
    type.value = resource?.title || !known ? (resource?.value === undefined ? TYPES[4] : TYPES[0]) : known;
    const { value } = resource ?? {};
    body.value = value === undefined ? "" : typeof value === "string" && !/json|cbor/.test(type.value) ? value : JSON.stringify(value, null, 2);
    choose();
    describe();
  }

  function update(resource) {
    const isFirst = latest === null;
    latest = resource ?? null;
    if (began === null && document.activeElement !== body && (isFirst || resource)) take(resource);
    else describe();
  }

  function content() {
    const media = type.value.split(";")[0];
    if (media === "application/octet-stream") return file.files[0] ?? new Blob([]);
    if (media === "text/plain") return body.value;
    const value = JSON.parse(body.value);
    return media === "application/cbor" ? encode(value) : body.value;
  }

  function headers(method) {
    const all = method === "DELETE" ? {} : { "content-type": type.value };
    const etag = began ?? latest?.etag;
    if (condition.checked && etag) all["if-match"] = `"${etag}"`;
    if (condition.checked && !etag) all["if-none-match"] = "*";
    return all;
  }

  async function run(method = type.value === MERGE ? "PATCH" : "PUT") {
    const target = isNew ? where.value.replace(/^\/+/, "") : path;
    say("", "");
    let payload;
    try {
      payload = method === "DELETE" ? undefined : content();
    } catch (error) {
      return say("wrong", `The body is no JSON: ${error.message}`);
    }
    try {
      const response = await ask(reference(target), { method, headers: headers(method), body: payload });
      if (response.status === 412) return changedMeanwhile(await explain(response));
      if (!response.ok) return say("wrong", await explain(response));
      began = null;
      say("done", `${response.status} ${{ DELETE: "Deleted", PATCH: "Patched" }[method] ?? (response.status === 201 ? "Created" : "Changed")}`);
      if (isNew) location.hash = `#resources/${encodeURI(target)}`;
    } catch (error) {
      say("wrong", `No answer: ${error.message}`);
    }
  }

  function changedMeanwhile(text) {
    const words = isNew
      ? "Something is there already. Nothing was changed."
      : "Somebody changed it after you saw it. Nothing was overwritten.";
    say("wrong", text, element("p", {}, words), element("div", { class: "actions" },
      isNew ? null : element("button", { type: "button", id: "edit-take", onclick: () => (take(latest), say("", "")) }, "Take what is there now"),
      element("button", { type: "button", class: "danger", id: "edit-force", onclick: () => force() }, "Send it all the same")));
  }

  function force() {
    condition.checked = false;
    run().finally(() => (condition.checked = true));
  }

  function say(kind, text, ...more) {
    result.dataset.kind = kind;
    result.replaceChildren(...(text ? [element("p", {}, text), ...more] : []));
  }

  return { element: form, update, focus: () => (isNew ? where : body).focus() };
}
