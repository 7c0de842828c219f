/** The screens that exist, in the order of the rail. */
export const SCREENS = ["discover", "servers", "playground", "settings"] as const;
/** One of them. */
export type Screen = (typeof SCREENS)[number];

/** What people call a screen. */
export const SCREEN_NAMES: Record<Screen, string> = {
  discover: "Discover",
  servers: "Servers",
  playground: "Playground",
  settings: "Settings",
};

/** The digit that goes to a screen, with Ctrl. Settings keep the last one, whatever comes before them. */
export const SCREEN_DIGITS: Record<Screen, number> = { discover: 1, servers: 2, playground: 3, settings: 9 };

/** Where the page is: a screen, and within it a server and a tool, or a section of the settings. */
export interface Place {
  screen: Screen;
  server: string | null;
  tool: string | null;
  section: string | null;
}

/** Reads `#/screen/server/tool`, or `#/settings/section`. Anything else is the first screen. */
export function parsePlace(hash: string): Place {
  const [screen, within, tool] = hash.replace(/^#\/?/, "").split("/").map(decode);
  const known = SCREENS.find((name) => name === screen) ?? "discover";
  if (known === "settings") return { screen: known, server: null, tool: null, section: within || null };
  return { screen: known, server: within || null, tool: tool || null, section: null };
}

/** The address of a place. */
export function placeHash(screen: Screen, within?: string | null, tool?: string | null): string {
  const parts = [screen, within, tool].map((part) => encodeURIComponent(part ?? ""));
  return `#/${parts.join("/").replace(/\/+$/, "")}`;
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
  go(screen: Screen, within?: string | null, tool?: string | null): void {
    const hash = placeHash(screen, within, tool);
    if (location.hash !== hash) location.hash = hash;
    this.place = parsePlace(hash);
  }

  /** Says the same place more exactly, without a step for Back. */
  refine(screen: Screen, within?: string | null, tool?: string | null): void {
    const hash = placeHash(screen, within, tool);
    history.replaceState(null, "", hash);
    this.place = parsePlace(hash);
  }
}

/** Where the page is. */
export const nav = new Nav();
