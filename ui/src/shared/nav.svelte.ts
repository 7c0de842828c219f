/** The screens that exist, in the order of the rail. */
export const SCREENS = ["discover", "servers", "playground"] as const;
/** One of them. */
export type Screen = (typeof SCREENS)[number];

/** What people call a screen. */
export const SCREEN_NAMES: Record<Screen, string> = {
  discover: "Discover",
  servers: "Servers",
  playground: "Playground",
};

/** Where the page is: a screen, and within it a server and a tool. */
export interface Place {
  screen: Screen;
  server: string | null;
  tool: string | null;
}

/** Reads `#/screen/server/tool`. Anything else is the first screen. */
export function parsePlace(hash: string): Place {
  const [screen, server, tool] = hash.replace(/^#\/?/, "").split("/").map(decode);
  const known = SCREENS.find((name) => name === screen);
  return { screen: known ?? "discover", server: server || null, tool: tool || null };
}

/** The address of a place. */
export function placeHash(screen: Screen, server?: string | null, tool?: string | null): string {
  const parts = [screen, server, tool].map((part) => encodeURIComponent(part ?? ""));
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
  go(screen: Screen, server?: string | null, tool?: string | null): void {
    const hash = placeHash(screen, server, tool);
    if (location.hash !== hash) location.hash = hash;
    this.place = parsePlace(hash);
  }

  /** Says the same place more exactly, without a step for Back. */
  refine(screen: Screen, server?: string | null, tool?: string | null): void {
    const hash = placeHash(screen, server, tool);
    history.replaceState(null, "", hash);
    this.place = parsePlace(hash);
  }
}

/** Where the page is. */
export const nav = new Nav();
