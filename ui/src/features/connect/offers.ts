import type { GatewayStatus, OfferKind } from "../../host";

/** What clients see, a tool like the rest of it. */
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

/** A kind of what clients see. */
export type Kind = "tool" | OfferKind;

/** How a kind is said. */
interface KindWords {
  one: string;
  /** At the head of a column of it. */
  head: string;
  title: string;
  /** Of one that can be used now. */
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

/** The kinds that somebody offers. */
export function kindsOf(offers: readonly Offer[]): readonly Kind[] {
  const offered = new Set(offers.map(({ kind }) => kind));
  return (Object.keys(KINDS) as Kind[]).filter((kind) => offered.has(kind));
}

/** What of it is listed, of whichever kind. */
export interface OfferFilter {
  text: string;
  /** Only what cannot be used now. */
  onlyUnavailable: boolean;
}

/** What a filter lets through: every word stands in one of its names, in its server's, or in why not now. */
export function filterOffers(offers: readonly Offer[], filter: OfferFilter): readonly Offer[] {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  return offers.filter((row) => {
    if (filter.onlyUnavailable && row.unavailable === null) return false;
    const text = `${row.name} ${row.own} ${row.owner} ${row.unavailable ?? ""}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
