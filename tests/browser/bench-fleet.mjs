// A fleet whose health changes so many times a second.
import { createServer } from "node:http";

/** One in so many answers. */
const LISTENING = 20;

/** Waits until this is so, at most for `patience` milliseconds. */
export async function until(fits, patience) {
  const giveUp = Date.now() + patience;
  while (!(await fits())) {
    if (Date.now() > giveUp) throw new Error("the servers were not all checked in time");
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** One process that is every twentieth server, as a small MCP server. Each is ill half of the time, so that statuses turn. */
export async function startFleet(t, interval) {
  const answers = {
    initialize: {
      protocolVersion: "2025-06-18",
      capabilities: { tools: {} },
      serverInfo: { name: "one of many", version: "1.0" },
    },
    ping: {},
    "tools/list": { tools: [{ name: "weather.read", inputSchema: { type: "object" } }] },
  };
  const server = createServer(async (request, response) => {
    response.setHeader("connection", "close");
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    if (isIll(request.url, interval)) return void response.writeHead(503).end();
    if (request.method !== "POST") return void response.writeHead(405).end();
    const { id, method } = JSON.parse(Buffer.concat(chunks).toString());
    if (id === undefined) return void response.writeHead(202).end();
    const answer = answers[method];
    const said = answer ? { result: answer } : { error: { code: -32601, message: "Method not found" } };
    response
      .writeHead(200, { "content-type": "application/json" })
      .end(JSON.stringify({ jsonrpc: "2.0", id, ...said }));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => new Promise((resolve) => server.close(resolve).closeAllConnections()));
  return { port: server.address().port };
}

/** It is ill for two rounds of checks, then well for two. */
function isIll(url, interval) {
  const turn = Math.floor(Date.now() / (2 * interval * 1_000));
  return (Number(url.split("/")[1]) / LISTENING + turn) % 2 === 0;
}

/** Nobody listens where most of them are: each round of checks is refused, which is a change as good as any. */
export function servers(port, count) {
  const entry = (at) => [
    `id-${at}`,
    {
      name: `weather-${String(at).padStart(5, "0")}`,
      transport: "http",
      url: `http://127.0.0.1:${at % LISTENING === 0 ? port : 9}/${at}/mcp`,
      metadata: { region: ["eu-central", "us-west-2", "ap-south"][at % 3], priority: at % 10 },
    },
  ];
  return Object.fromEntries(Array.from({ length: count }, (_, at) => entry(at)));
}
