import { parse } from "../shared/exact";
import type { CallResult, EventBatch, Operations } from "./bindings";
import { asCallError, CallError, isApiError, type Link, type Transport } from "./types";

const API = "/api/v1";
/** A stream that the browser gave up on is opened again after this long, in milliseconds. */
const REOPEN_MS = 1_000;

/** The core behind `mcp-discovery serve`. */
export const http: Transport = {
  face: "browser",

  async call(name, args) {
    const response = await post(`${API}/${name}`, { "content-type": "application/json" }, JSON.stringify(args));
    const body = await readJson(response, response.ok ? (text) => readResult(name, text) : JSON.parse);
    if (response.ok) return body as never;
    if (isApiError(body)) throw asCallError(body);
    if (response.status === 401) throw new CallError("unauthorized", "This browser is not signed in");
    throw new CallError("internal", `MCP Discovery answered ${response.status} without saying why`);
  },

  async subscribe(onBatch, onLink) {
    await exchangeToken();
    return openStream(onBatch, onLink ?? (() => {}));
  },
};

/** Trades the token of `/#token=…` for a cookie once, and takes it out of the address bar and the history. */
async function exchangeToken(): Promise<void> {
  const token = tokenIn(location.hash);
  if (!token) return;
  history.replaceState(null, "", location.pathname + location.search);
  // The link of an earlier start is no longer valid; a browser that is signed in needs none.
  await post(`${API}/session`, { authorization: `Bearer ${token}` });
}

/** The token in a fragment such as `#token=abc`, if there is one. */
export function tokenIn(hash: string): string | null {
  return hash.startsWith("#token=") ? decodeURIComponent(hash.slice("#token=".length)) : null;
}

async function post(path: string, headers: Record<string, string>, body?: string): Promise<Response> {
  try {
    return await fetch(path, { method: "POST", credentials: "same-origin", headers, body: body ?? null });
  } catch (thrown) {
    throw new CallError("offline", "MCP Discovery does not answer. It was stopped, or the connection was lost.", {
      cause: String(thrown),
    });
  }
}

async function readJson(response: Response, read: (text: string) => unknown): Promise<unknown> {
  const text = await response.text();
  if (text === "") return null;
  try {
    return read(text);
  } catch {
    throw new CallError("internal", `MCP Discovery answered ${response.status} with something that is not JSON`, {
      text,
    });
  }
}

/**
 * Keeps one event stream open; a browser does not reconnect after a refused answer, so we ask for the reason and try
 * again.
 */
function openStream(onBatch: (batch: EventBatch) => void, onLink: (link: Link) => void): () => void {
  let stream: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let closed = false;

  const open = () => {
    stream = new EventSource(`${API}/events`);
    stream.onopen = () => onLink("live");
    stream.onmessage = (message) => onBatch(JSON.parse(message.data));
    stream.onerror = () => {
      if (stream?.readyState !== EventSource.CLOSED) return onLink("lost");
      void diagnose();
    };
  };
  const diagnose = async () => {
    const refused = await wasRefused();
    if (closed) return;
    onLink(refused ? "unauthorized" : "lost");
    timer = setTimeout(open, REOPEN_MS);
  };
  open();

  return () => {
    closed = true;
    clearTimeout(timer);
    stream?.close();
  };
}

async function wasRefused(): Promise<boolean> {
  try {
    const response = await fetch(`${API}/status`, {
      method: "POST",
      credentials: "same-origin",
      headers: { "content-type": "application/json" },
      body: "{}",
    });
    return response.status === 401;
  } catch {
    return false;
  }
}

/**
 * Reads the core's answer to an operation. Only a tool call carries numbers of servers, which must stay as they came.
 */
export function readResult<N extends keyof Operations>(name: N, text: string): Operations[N]["result"] {
  const answer: Operations[N]["result"] = JSON.parse(text);
  return name === "call" ? { ...answer, result: (parse(text) as CallResult).result } : answer;
}
