// Server-Sent Events by fetch, since EventSource sends no headers and so has no token.

import { ask, explain } from "./server.js";

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 15_000;

/**
 * Follows a path until the signal ends it, coming back when the connection is lost.
 * `events` has a function for each kind of event; `says(state, why)` hears "connecting", "open", "lost", "refused".
 */
export async function follow(path, events, says, signal) {
  let pause = FIRST_PAUSE;
  while (!signal.aborted) {
    says("connecting");
    try {
      const response = await ask(path, { headers: { accept: "text/event-stream" }, signal });
      if ([400, 401, 403, 404, 405].includes(response.status)) return says("refused", await explain(response));
      if (!response.ok) throw new Error(await explain(response));
      says("open");
      events.open?.();
      pause = FIRST_PAUSE;
      await read(response.body, events);
      says("lost", "the stream ended");
    } catch (error) {
      if (signal.aborted) return;
      says("lost", error.message);
    }
    await new Promise((done) => setTimeout(done, pause));
    pause = Math.min(2 * pause, LONGEST_PAUSE);
  }
}

async function read(body, events) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) tell(block, events);
  }
}

function tell(block, events) {
  let name = "message";
  const data = [];
  for (const line of block.split("\n")) {
    if (line.startsWith("event: ")) name = line.slice(7);
    if (line.startsWith("data: ")) data.push(line.slice(6));
  }
  if (data.length === 0) return;
  const text = data.join("\n");
  events[name]?.(text ? JSON.parse(text) : undefined);
}
