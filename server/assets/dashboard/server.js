// Requests to the server this page came from, in the name of whoever the token says.

const KEY = "twite-token";
let askForToken = () => {};

export const token = {
  read: () => sessionStorage.getItem(KEY) ?? "",
  keep: (text) => (text ? sessionStorage.setItem(KEY, text) : sessionStorage.removeItem(KEY)),
};

/** Says what to do when the policy wants to know who asks. */
export function onUnauthorized(ask) {
  askForToken = ask;
}

/** Asks; the response, whatever its status is. */
export async function ask(path, options = {}) {
  const headers = new Headers(options.headers);
  if (token.read()) headers.set("authorization", `Bearer ${token.read()}`);
  const response = await fetch(path, { cache: "no-store", ...options, headers });
  if (response.status === 401) askForToken();
  return response;
}

/** A path of a resource as a reference. */
export function reference(path) {
  return `/${path.split("/").map(encodeURIComponent).join("/")}`;
}

/** What went wrong, in a sentence, from problem details if there are some. */
export async function explain(response) {
  const known = (response.headers.get("content-type") ?? "").startsWith("application/problem+json");
  const problem = known ? await response.json().catch(() => ({})) : {};
  const words = [problem.title ?? response.statusText, problem.detail].filter(Boolean);
  return `${response.status} ${words.join(": ")}`;
}
