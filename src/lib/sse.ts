/** One server-sent event: `id` is what a client sends back as `Last-Event-ID`. */
export type ServerSentEvent = { readonly id?: string; readonly event: string; readonly data: string };

/** The bytes of one event, ready for the stream. `data` may hold line breaks. */
export function formatServerSentEvent(event: ServerSentEvent): string {
  const id = event.id === undefined ? "" : `id: ${event.id}\n`;
  const data = event.data
    .split("\n")
    .map((line) => `data: ${line}\n`)
    .join("");
  return `${id}event: ${event.event}\n${data}\n`;
}

/** Cuts a stream's text into events; comments (heartbeats) are dropped. */
export class ServerSentEventParser {
  #rest = "";

  push(text: string): ServerSentEvent[] {
    const blocks = (this.#rest + text).split("\n\n");
    this.#rest = blocks.pop() ?? "";
    return blocks.flatMap((block) => parseBlock(block) ?? []);
  }
}

function parseBlock(block: string): ServerSentEvent | undefined {
  const fields = { id: undefined as string | undefined, event: "message", data: [] as string[] };
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    if (colon <= 0) continue;
    const value = line.slice(colon + 1).replace(/^ /, "");
    const name = line.slice(0, colon);
    if (name === "data") fields.data.push(value);
    else if (name === "id") fields.id = value;
    else if (name === "event") fields.event = value;
  }
  if (fields.data.length === 0) return undefined;
  return { ...(fields.id === undefined ? {} : { id: fields.id }), event: fields.event, data: fields.data.join("\n") };
}
