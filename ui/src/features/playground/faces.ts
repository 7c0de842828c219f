import type { ErrorCode } from "../../host";
import type { IconName } from "../../shared/Icon.svelte";
import type { GlyphName } from "../../shared/words";

/** How a call without an answer is shown. Each kind has its own display, since each needs another action. */
export interface Face {
  /** What happened, in a few words. */
  title: string;
  /** The likely cause and what to do. */
  cause: string;
  glyph: GlyphName;
  tint: "down" | "warn" | "acc" | "";
  icon: IconName;
}

const DOWN = { glyph: "down", tint: "down" } as const;
const QUIET = { glyph: "unk", tint: "" } as const;

const FACES: Partial<Record<ErrorCode | "offline", Face>> = {
  transport_failed: {
    ...DOWN,
    title: "No usable answer",
    icon: "link",
    cause:
      "The call did not get to the server, or what came back is not an MCP response. The server may have stopped, or its address changed. Check it, then run again.",
  },
  protocol_error: {
    ...DOWN,
    title: "Refused by the protocol",
    icon: "ban",
    cause:
      "The server was reached and answered with a protocol error instead of a result. Most often the arguments do not match the tool's schema, or the tool is gone.",
  },
  needs_sign_in: {
    glyph: "sign",
    tint: "acc",
    title: "Needs sign-in",
    icon: "info",
    cause: "The server requires sign-in. Open it on Servers and give it its token.",
  },
  untrusted_certificate: {
    ...DOWN,
    title: "Its certificate is not trusted",
    icon: "ban",
    cause:
      "Nothing was sent: the server's certificate is not trusted, or it is not the one you trusted before. Open the server on Servers, then run again.",
  },
  timeout: {
    glyph: "warn",
    tint: "warn",
    title: "No answer in time",
    icon: "clock",
    cause:
      "The call reached its time limit and was cancelled at the server. The tool may have done part of its work. Give it a longer timeout if it is always slow.",
  },
  cancelled: {
    ...QUIET,
    title: "Cancelled",
    icon: "stop",
    cause: "You cancelled the call, also at the server. The tool may have done part of its work.",
  },
  no_server: {
    ...DOWN,
    title: "No server for it",
    icon: "servers",
    cause: "No server in your list that can take calls offers this tool.",
  },
  no_healthy_server: {
    ...DOWN,
    title: "No server can take it",
    icon: "servers",
    cause: "Nothing was sent. “See why” shows the reason for each server that offers this tool.",
  },
  no_server_meets_rule: {
    ...DOWN,
    title: "No server meets the rule",
    icon: "servers",
    cause:
      "Nothing was sent. The rule for this tool leaves no server; “See why” shows the condition that each of them does not meet.",
  },
  capability_not_allowed: {
    ...DOWN,
    title: "Not allowed",
    icon: "ban",
    cause:
      "Nothing was sent. Your settings list what may be called (allowed_capabilities), and this is not in the list.",
  },
  overloaded: {
    glyph: "warn",
    tint: "warn",
    title: "Every server is busy",
    icon: "clock",
    cause: "Nothing was sent. Each server that could take the call is at its limit. Try again in a moment.",
  },
  paused: {
    glyph: "paused",
    tint: "",
    title: "The server is paused",
    icon: "pause",
    cause: "No call goes to a paused server. Resume it on Servers, then run again.",
  },
  not_found: {
    ...DOWN,
    title: "Not found",
    icon: "search",
    cause: "The server or the tool is not in the list any more.",
  },
  ambiguous: {
    glyph: "warn",
    tint: "warn",
    title: "More than one matches",
    icon: "group",
    cause: "Choose the server, or the tool by its exact name.",
  },
  invalid_arguments: {
    ...DOWN,
    title: "Not sent",
    icon: "pencil",
    cause: "The call itself was not well formed, so nothing was sent.",
  },
  offline: {
    ...DOWN,
    title: "MCP Discovery does not answer",
    icon: "link",
    cause: "It was stopped. Whether the tool ran is not known.",
  },
};

const OTHER: Face = {
  ...DOWN,
  title: "It did not work",
  icon: "bolt",
  cause: "Something inside MCP Discovery failed. The details help to find the cause.",
};

/** How a failure is shown. */
export function faceOf(code: ErrorCode | "offline"): Face {
  return FACES[code] ?? OTHER;
}
