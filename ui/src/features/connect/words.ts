import type { GatewayClientRow, GatewayStatus } from "../../host";
import { age, ago, plural } from "../../shared/format";
import type { GlyphName } from "../../shared/words";

/** A client that was set up by now would have asked, in milliseconds: it may not have read its file yet. */
const LONG_MS = 5 * 60_000;

/** What is known of a client: only a request says that it is connected. */
export function clientWords(row: GatewayClientRow, now: number): { glyph: GlyphName; word: string; more: string } {
  if (row.used_at !== null) return { glyph: "ok", word: "Connected", more: `last request ${ago(row.used_at, now)}` };
  const waited = now - row.created_at;
  const more = waited < LONG_MS ? age(row.created_at, now) : `${age(row.created_at, now)}; restart it?`;
  return { glyph: "unk", word: "Waiting for its first request", more: more === "now" ? "" : more };
}

/** What to do about an endpoint that is not served, where its reason is one that a person can end. */
export function remedyOf(reason: string | null): string {
  if (reason?.includes("gateway.enabled")) return "Turn it on in the settings: it is served at once.";
  if (reason?.includes("listens on")) {
    return "End that program, or give another address in the settings; then start MCP Discovery again.";
  }
  return "Look at its settings, then start MCP Discovery again.";
}

/** Who can reach an address. */
export function reachOf(url: string): string {
  const host = URL.canParse(url) ? new URL(url).hostname : "";
  const isOwn = host === "localhost" || host === "[::1]" || host.startsWith("127.");
  return isOwn ? "this computer only" : "everybody who reaches this address";
}

/** How many clients have asked for something, and how many never. */
export function clientsWords(clients: readonly GatewayClientRow[]): string {
  const waiting = clients.filter(({ used_at }) => used_at === null).length;
  if (clients.length === 0) return "none has a token yet";
  return waiting === 0 ? "all have asked for something" : `${plural(waiting, "waits", "wait")} for a first request`;
}

/** Servers and groups that the tools are of. */
export function ownersOf({ tools }: GatewayStatus): number {
  return new Set(tools.map((tool) => tool.server ?? `group ${tool.owner}`)).size;
}
