/** The screens that exist, in the order of the rail. */
export const SCREENS = [
  "discover",
  "servers",
  "topology",
  "routing",
  "playground",
  "activity",
  "connect",
  "settings",
] as const;
/** One of them. */
export type Screen = (typeof SCREENS)[number];

/** The title of a screen. */
export const SCREEN_NAMES: Record<Screen, string> = {
  discover: "Discover",
  servers: "Servers",
  topology: "Topology",
  routing: "Routing",
  playground: "Playground",
  activity: "Activity",
  connect: "Connect",
  settings: "Settings",
};

/** The digit that opens a screen, with Ctrl. Future screens have theirs already, so that no digit changes. */
export const SCREEN_DIGITS: Record<Screen, number> = {
  discover: 1,
  servers: 2,
  topology: 3,
  routing: 4,
  playground: 5,
  activity: 7,
  connect: 8,
  settings: 9,
};

/** The defaults, in the place of a rule's pattern: no pattern is spelled like that. */
export const DEFAULTS = "defaults:";

/** A place of the page: a screen, and within it a server and a tool, a section of the settings, a rule, or a call. */
export interface Place {
  screen: Screen;
  server: string | null;
  tool: string | null;
  section: string | null;
  /** A rule of Routing by its pattern, or the defaults; a call of Activity by its id. */
  item: string | null;
  /** The view, after a question mark: filter, grouping, what is drawn. */
  query: Query;
}

/** Values by their names, in the order in which they are written. */
export type Query = Readonly<Record<string, string>>;

/** Reads `#/screen/server/tool`, `#/settings/section`, `#/routing/rule` or `#/activity/call`. Anything else is the first screen. */
export function parsePlace(hash: string): Place {
  const [path = "", asked = ""] = hash.replace(/^#\/?/, "").split(/\?(.*)/s);
  const [screen, within, tool] = path.split("/").map(decode);
  const known = SCREENS.find((name) => name === screen) ?? "discover";
  const query = Object.fromEntries(new URLSearchParams(asked));
  const nothing = { screen: known, server: null, tool: null, section: null, item: null, query };
  if (known === "settings") return { ...nothing, section: within || null };
  if (known === "routing" || known === "activity") return { ...nothing, item: within || null };
  return { ...nothing, server: within || null, tool: tool || null };
}

/** The address of a place. */
export function placeHash(screen: Screen, within?: string | null, tool?: string | null, query: Query = {}): string {
  const parts = [screen, within, tool].map((part) => encodeURIComponent(part ?? ""));
  const asked = new URLSearchParams(query).toString();
  return `#/${parts.join("/").replace(/\/+$/, "")}${asked ? `?${asked}` : ""}`;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

class Nav {
  place = $state.raw<Place>(parsePlace(location.hash));
  constructor() {
    addEventListener("hashchange", () => {
      this.place = parsePlace(location.hash);
    });
  }

  /** Goes to a place; Back returns. */
  go(screen: Screen, within?: string | null, tool?: string | null, query?: Query): void {
    const hash = placeHash(screen, within, tool, query);
    if (location.hash !== hash) location.hash = hash;
    this.place = parsePlace(hash);
  }

  /** Makes the address more exact, without a step for Back. */
  refine(screen: Screen, within?: string | null, tool?: string | null, query?: Query): void {
    const hash = placeHash(screen, within, tool, query);
    history.replaceState(null, "", hash);
    this.place = parsePlace(hash);
  }
}

/** Where the page is. */
export const nav = new Nav();
