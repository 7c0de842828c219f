import type { GatewayClientRow, GatewayProfileRow, GatewayStatus, OfferKind } from "../../host";
import { age, ago, plural } from "../../shared/format";
import type { GlyphName } from "../../shared/words";

/** What clients see: a tool, resource, template or prompt. */
export interface Offer {
  kind: Kind;
  /** What clients call it. */
  name: string;
  /** What its server calls it. */
  own: string;
  /** Its server or its group of replicas, by name. */
  owner: string;
  /** The server; absent for the tool of a group. */
  server: string | null;
  /** Why it cannot be used now. */
  unavailable: string | null;
}

/** A kind of offer that clients see. */
export type Kind = "tool" | OfferKind;

/** The name of a kind. */
interface KindWords {
  one: string;
  /** At the head of a column of it. */
  head: string;
  title: string;
  /** For one that can be used now. */
  ready: string;
  allReady: string;
}

/** Every kind, in the order in which they are shown. */
export const KINDS: Readonly<Record<Kind, KindWords>> = {
  tool: said("tool", "can be called"),
  resource: said("resource", "can be read"),
  template: said("template", "can be read"),
  prompt: said("prompt", "can be used"),
};

function said(one: string, ready: string): KindWords {
  const upper = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
  return { one, head: upper(one), title: `${upper(one)}s`, ready: upper(ready), allReady: `All ${one}s ${ready}` };
}

/** All that clients see. */
export function offersOf({ tools, others }: Pick<GatewayStatus, "tools" | "others">): readonly Offer[] {
  return [...tools.map(({ tool, ...row }): Offer => ({ ...row, kind: "tool", own: tool })), ...others];
}

/** The kinds that any server offers. */
export function kindsOf(offers: readonly Offer[]): readonly Kind[] {
  const offered = new Set(offers.map(({ kind }) => kind));
  return (Object.keys(KINDS) as Kind[]).filter((kind) => offered.has(kind));
}

/** The listed offers, of whichever kind. */
export interface OfferFilter {
  text: string;
  /** Only what cannot be used now. */
  onlyUnavailable: boolean;
}

/**
 * Applies a filter: every word must occur in one of its names, in its server's name, or in the reason why it cannot be
 * used now.
 */
export function filterOffers(offers: readonly Offer[], filter: OfferFilter): readonly Offer[] {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  return offers.filter((row) => {
    if (filter.onlyUnavailable && row.unavailable === null) return false;
    const text = `${row.name} ${row.own} ${row.owner} ${row.unavailable ?? ""}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** What the configuration says of one client, as far as it is shown here. */
interface Access {
  name: string;
  profile: string | null;
  rules: { allow: string[] | null; deny: string[] | null };
  calls_per_second: number | null;
}

/** The limits of a client in the configuration in use, a phrase for each; empty if it has none. */
export function limitsOf(effective: unknown, client: string, profiles: readonly GatewayProfileRow[]): string[] {
  const access = accessOf(effective).find(({ name }) => name === client);
  if (!access) return [];
  const { profile, rules, calls_per_second: often } = access;
  const isThere = profiles.some(({ name }) => name === profile);
  return [
    profile === null ? "" : isThere ? `profile ${profile}` : `profile ${profile}, which does not exist: sees nothing`,
    rules.allow === null ? "" : `only ${rules.allow.join(", ") || "nothing"}`,
    rules.deny?.length ? `not ${rules.deny.join(", ")}` : "",
    often === null ? "" : `${often} calls/s`,
  ].filter(Boolean);
}

/** The core has no type for these values: they are whatever the configuration holds. */
function accessOf(effective: unknown): readonly Access[] {
  const gateway = (effective as { gateway?: { clients?: unknown } } | null)?.gateway;
  return Array.isArray(gateway?.clients) ? (gateway.clients as Access[]) : [];
}

/**
 * A client that was set up this long ago should have sent a request, in milliseconds: it may not have read its file
 * yet.
 */
const LONG_MS = 5 * 60_000;

/** What is known of a client: only a request shows that it is connected. */
export function clientWords(row: GatewayClientRow, now: number): { glyph: GlyphName; word: string; more: string } {
  if (row.used_at !== null) return { glyph: "ok", word: "Connected", more: `last request ${ago(row.used_at, now)}` };
  const waited = now - row.created_at;
  const more = waited < LONG_MS ? age(row.created_at, now) : `${age(row.created_at, now)}; restart it?`;
  return { glyph: "unk", word: "Waiting for its first request", more: more === "now" ? "" : more };
}

/** What to do about an endpoint that is not served, if the user can fix the reason. */
export function remedyOf(reason: string | null): string {
  if (reason?.includes("gateway.enabled")) return "Turn it on in the settings: it is served at once.";
  if (reason?.includes("listens on")) {
    return "Stop that program, or set another address in the settings; then restart MCP Discovery.";
  }
  return "Check its settings, then restart MCP Discovery.";
}

/** Who can reach an address. */
export function reachOf(url: string): string {
  const host = URL.canParse(url) ? new URL(url).hostname : "";
  const isOwn = host === "localhost" || host === "[::1]" || host.startsWith("127.");
  return isOwn ? "this computer only" : "anyone who can reach this address";
}

/** How many clients have sent a request, and how many never did. */
export function clientsWords(clients: readonly GatewayClientRow[]): string {
  const waiting = clients.filter(({ used_at }) => used_at === null).length;
  if (clients.length === 0) return "none has a token yet";
  return waiting === 0 ? "all have made a request" : `${plural(waiting, "waits", "wait")} for a first request`;
}

/** The servers and groups that the tools belong to. */
export function ownersOf({ tools }: GatewayStatus): number {
  return new Set(tools.map((tool) => tool.server ?? `group ${tool.owner}`)).size;
}
