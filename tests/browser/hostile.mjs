// A server that means ill: markup, tricks of writing direction, control characters and floods, wherever a server has a word.
import { createServer } from "node:http";

/** Sets a flag on the page if it ever runs. */
export const TRAP = `<img src=x onerror="window.tripped='img'"><script>window.tripped='script'</script>`;
const MARKUP = `${TRAP}<a href="javascript:window.tripped='link'">click</a><style>*{display:none!important}</style>`;
/** Reverses what follows, rings, clears a terminal, ends lines, hides letters. */
const TRICKS = "\u202Egnp.exe\u202C \u0007\u001b[2J\u001b[31m\r\nline two\u200b\u2066hidden\u2069\u{E0041}";
const ZALGO = `Z${"\u0310\u0321\u0334".repeat(60)}algo`;
const LONG = "LongName".repeat(1_250);
const MEGABYTE = `${MARKUP} ${"a very long story ".repeat(58_000)}`;

const wide = Object.fromEntries(
  Array.from({ length: 3_000 }, (_, at) => [`field-${at} ${MARKUP}`, { type: "string", description: TRICKS }]),
);
const deep = (levels) =>
  levels === 0 ? { type: "string" } : { type: "object", properties: { [MARKUP]: deep(levels - 1) } };

/** Tool names as they are listed. */
export const NAMES = {
  markup: MARKUP,
  tricks: `tool ${TRICKS}`,
  long: LONG,
  story: "story",
  wide: "wide",
  deep: "deep",
};

const TOOLS = [
  {
    name: NAMES.markup,
    title: MARKUP,
    description: MARKUP,
    inputSchema: {
      type: "object",
      title: MARKUP,
      properties: {
        [MARKUP]: { type: "string", title: MARKUP, description: MARKUP, default: MARKUP, format: MARKUP },
        choice: { enum: [MARKUP, TRICKS, LONG], description: ZALGO },
        __proto__: { type: "string" },
        constructor: { type: "string", pattern: "^(a+)+$" },
      },
      required: [MARKUP],
    },
  },
  { name: NAMES.tricks, title: TRICKS, description: `${TRICKS}${ZALGO}`, inputSchema: { type: "object" } },
  {
    name: NAMES.long,
    title: LONG,
    description: LONG,
    inputSchema: { type: "object", properties: { [LONG]: { type: "string" } } },
  },
  { name: NAMES.story, description: MEGABYTE, inputSchema: { type: "object" } },
  { name: NAMES.wide, inputSchema: { type: "object", properties: wide } },
  { name: NAMES.deep, inputSchema: deep(30) },
];

const SVG = Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" onload="window.tripped='svg'"/>`).toString("base64");
const RESULT = {
  content: [
    { type: "text", text: MARKUP },
    { type: "text", text: `${TRICKS}${ZALGO}` },
    { type: "text", text: MEGABYTE },
    { type: "image", mimeType: "image/svg+xml", data: SVG },
    { type: "image", mimeType: `image/png" onerror="window.tripped='mime'`, data: "AAAA" },
    { type: "image", mimeType: "image/png", data: `AAAA" onerror="window.tripped='data'` },
    {
      type: "resource_link",
      uri: "javascript:window.tripped='uri'",
      name: MARKUP,
      description: MARKUP,
      mimeType: MARKUP,
    },
    {
      type: "resource",
      resource: { uri: "javascript:window.tripped='resource'", mimeType: "text/html", text: MARKUP },
    },
    { type: MARKUP, [MARKUP]: MARKUP },
  ],
  structuredContent: { rows: [{ [MARKUP]: MARKUP, [TRICKS]: LONG }], ["__proto__"]: { polluted: true } },
};

/** Starts it on a free port of loopback, until the test is over. `instructions` is how much it has to say of itself. */
export async function startHostile(t, { instructions = MARKUP + TRICKS } = {}) {
  const answers = {
    initialize: {
      protocolVersion: "2025-06-18",
      capabilities: { tools: {}, resources: {}, prompts: {} },
      serverInfo: {
        name: `${MARKUP}${TRICKS}${ZALGO}${LONG}`,
        title: `${MARKUP}${TRICKS}`,
        version: `${MARKUP}${LONG}`,
      },
      instructions,
    },
    ping: {},
    "tools/list": { tools: TOOLS },
    "resources/list": {
      resources: [
        { uri: `javascript:window.tripped='listed'`, name: MARKUP },
        { uri: MARKUP, name: LONG },
      ],
    },
    "prompts/list": { prompts: [{ name: MARKUP }, { name: TRICKS }, { name: LONG }] },
    "tools/call": RESULT,
  };
  const server = createServer(async (request, response) => {
    if (request.method !== "POST" || request.url !== "/mcp")
      return void response.writeHead(request.method === "DELETE" ? 200 : 405).end();
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const { id, method, params } = JSON.parse(Buffer.concat(chunks).toString());
    if (id === undefined) return void response.writeHead(202).end();
    const refused = { error: { code: -32602, message: MARKUP, data: { [MARKUP]: TRICKS } } };
    const known = answers[method] ? { result: answers[method] } : { error: { code: -32601, message: MARKUP } };
    const body = method === "tools/call" && params.name === NAMES.tricks ? refused : known;
    response
      .writeHead(200, { "content-type": "application/json" })
      .end(JSON.stringify({ jsonrpc: "2.0", id, ...body }));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(
    () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(resolve);
      }),
  );
  const { port } = server.address();
  return { address: `127.0.0.1:${port}/mcp`, port };
}
