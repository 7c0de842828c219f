// Starts what a test needs, a real core, real MCP servers and a browser, and ends all of it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { createRequire } from "node:module";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const fromUi = createRequire(join(ROOT, "ui", "package.json"));
const { chromium } = fromUi("playwright-core");
const { AxeBuilder } = fromUi("@axe-core/playwright");

/** Where `npm install` put the MCP servers that tests talk to. */
export const PEERS = process.env.MCP_TEST_TOOLS ?? join(ROOT, ".tools", "npm");
/** How long a program may take to be ready on a busy machine, in milliseconds. */
const READY_MS = 30_000;
/** How long a program may take to end before it is ended, in milliseconds. */
const END_MS = 5_000;
/** How long anything on the page may take to appear, in milliseconds. */
const PATIENCE_MS = 20_000;
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** The keyring of whoever runs the tests stays closed: nobody answers on this session bus. */
const NO_KEYRING = { DBUS_SESSION_BUS_ADDRESS: "unix:path=/nowhere/bus" };

/** Runs `mcp-discovery serve` on a port and a data directory of its own, until the test is over. `config` is YAML. */
export async function startCore(t, { dataDir, config, flags = [], env = {}, listen = "127.0.0.1:0" } = {}) {
  const program = process.env.MCP_DISCOVERY_BIN ?? join(ROOT, "target", "debug", "mcp-discovery");
  const data = dataDir ?? (await temporaryFolder(t));
  // Without one, it listens where its configuration says.
  const args = ["serve", ...(listen ? ["--listen", listen] : []), "--data-dir", data, ...flags];
  if (config) {
    const file = join(data, "mcp-discovery.yaml");
    await writeFile(file, config);
    args.push("--config", file);
  }
  const child = run(t, program, args, { ...NO_KEYRING, HOME: data, ...env });
  const { listening, token_file } = JSON.parse(await firstLine(child));
  const token = (await readFile(token_file, "utf8")).trim();
  /** Carries out one operation, as a script would. */
  const call = async (operation, given) => {
    const response = await fetch(`${listening}/api/v1/${operation}`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify(given),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(`${operation}: ${answer.message}`);
    return answer;
  };
  return { address: listening, token, link: `${listening}/#token=${token}`, data, call, stop: () => stop(child) };
}

/** Runs a command beside a core of this data directory to its end, and gives what it printed. */
export async function command(t, core, ...args) {
  const program = process.env.MCP_DISCOVERY_BIN ?? join(ROOT, "target", "debug", "mcp-discovery");
  const child = run(t, program, [...args, "--data-dir", core.data], { ...NO_KEYRING, HOME: core.data });
  let printed = "";
  child.stdout.on("data", (chunk) => {
    printed += chunk;
  });
  const code = await child.ended;
  return { code, printed: printed.trim(), said: child.said };
}

/** Runs npm's `server-everything` over Streamable HTTP on a free port of loopback, or on this one, until the test is over. */
export async function startEverything(t, { port: wanted } = {}) {
  const script = join(PEERS, "node_modules", "@modelcontextprotocol", "server-everything", "dist", "index.js");
  const port = wanted ?? (await freePort());
  const child = run(t, process.execPath, [script, "streamableHttp"], { PORT: String(port) });
  await accepts(port);
  return { address: `127.0.0.1:${port}/mcp`, port, stop: () => stop(child) };
}

/** A small MCP server of the legacy era that says what it is told to, on a free port of loopback, until the test is over. */
export async function startScripted(
  t,
  {
    name,
    version = "1.0",
    instructions = "",
    tools = [],
    token = "",
    key = "",
    refusal = null,
    call = () => ({ content: [] }),
    port: wanted = 0,
    tls,
  },
) {
  const answers = {
    initialize: () => ({
      protocolVersion: "2025-06-18",
      capabilities: { tools: {} },
      serverInfo: { name, version },
      instructions,
    }),
    ping: () => ({}),
    "tools/list": () => ({ tools }),
    "tools/call": ({ name: tool, arguments: given }) => call(tool, given),
  };
  let [asked, signed] = [0, 0];
  const answerTo = async (request, response) => {
    asked += 1;
    if (request.headers.authorization) signed += 1;
    const isKnown =
      (!token || request.headers.authorization === `Bearer ${token}`) && (!key || request.headers["x-api-key"] === key);
    if (refusal && !isKnown) return void response.writeHead(refusal.status, refusal.headers).end(refusal.body);
    if (token && request.headers.authorization !== `Bearer ${token}`) {
      const document = `http://${request.headers.host}/.well-known/oauth-protected-resource`;
      return void response.writeHead(401, { "www-authenticate": `Bearer resource_metadata="${document}"` }).end();
    }
    if (key && request.headers["x-api-key"] !== key) return void response.writeHead(401).end("who are you?");
    if (request.method !== "POST" || request.url !== "/mcp")
      return void response.writeHead(request.method === "DELETE" ? 200 : 405).end();
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const { id, method, params } = JSON.parse(Buffer.concat(chunks).toString());
    if (id === undefined) return void response.writeHead(202).end();
    const answer = answers[method];
    const given = answer?.(params ?? {});
    // A text is JSON as it stands, for what a page would round.
    const result = typeof given === "string" ? given : JSON.stringify(given);
    const body = answer ? `"result":${result}` : '"error":{"code":-32601,"message":"Method not found"}';
    response
      .writeHead(200, { "content-type": "application/json" })
      .end(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},${body}}`);
  };
  const server = tls ? createHttpsServer(tls, answerTo) : createHttpServer(answerTo);
  await new Promise((resolve) => server.listen(wanted, "127.0.0.1", resolve));
  const stop = () =>
    new Promise((resolve) => {
      server.closeAllConnections();
      server.close(resolve);
    });
  t.after(stop);
  const { port } = server.address();
  const change = (identity) => {
    server.setSecureContext(identity);
    server.closeAllConnections();
  };
  return { address: `127.0.0.1:${port}/mcp`, port, stop, change, asked: () => asked, signed: () => signed };
}

/** A key and a certificate that vouches for itself, as people make them. */
export async function selfSigned(t, name = "IP:127.0.0.1") {
  const folder = await temporaryFolder(t);
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const make = [
    "req",
    "-x509",
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-days",
    "2",
    "-subj",
    "/CN=nas",
    "-keyout",
    key,
    "-out",
    cert,
  ];
  const child = run(t, "openssl", [...make, "-addext", `subjectAltName=${name}`]);
  if ((await child.ended) !== 0) throw new Error(`openssl: ${child.said}`);
  return { key: await readFile(key), cert: await readFile(cert), file: cert };
}

const launch = () => chromium.launch({ executablePath: CHROMIUM, headless: true, args: FLAGS });

/** The browser of all tests of a file: to start one takes as long as a short test. */
let shared;
const TESTS = process.env.NODE_TEST_CONTEXT !== undefined;
if (TESTS) after(async () => (await shared)?.close());

/** Outside of the test runner nobody says when all is over: each page has a browser. */
async function browserFor(t) {
  if (TESTS) {
    shared ??= launch();
    return await shared;
  }
  const browser = await launch();
  t.after(() => browser.close());
  return browser;
}

/**
 * Opens a page that shares nothing with others, as in a browser of its own, until the test is over. `errors` collects what
 * the page complains about.
 */
export async function openPage(t, link, { theme = "light", size = [1280, 800] } = {}) {
  const browser = await browserFor(t);
  const [width, height] = size;
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: theme,
    reducedMotion: "reduce",
  });
  t.after(() => context.close());
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  const errors = [];
  // A test that leaves a draft means to.
  page.on("dialog", (dialog) => (dialog.type() === "beforeunload" ? dialog.accept() : dialog.dismiss()));
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => {
    if (/content security policy/i.test(message.text())) errors.push(message.text());
  });
  await page.goto(link);
  // Who goes on before the token was taken out of the address would take it along.
  await page.waitForFunction(() => !location.hash.startsWith("#token="));
  return { page, errors };
}

/** What depends on the theme. All else is the same in both: names, roles, order, sizes. */
const COLOURS = ["color-contrast", "link-in-text-block"];

/**
 * What axe finds on the page that keeps people out: serious and critical findings, one line each. A page that was looked at
 * in one theme needs only its colours looked at in the other.
 */
export async function barriers(page, { coloursOnly = false } = {}) {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
  // In one page: there is no frame of somebody else, and a page of its own for each result takes as long as the look.
  const axe = new AxeBuilder({ page }).setLegacyMode(true);
  const chosen = coloursOnly ? axe.withRules(COLOURS) : axe.withTags(tags);
  const { violations } = await chosen.analyze();
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, help, nodes }) => `${id}: ${help} at ${nodes.map((node) => node.target.join(" ")).join(", ")}`);
}

/** Waits until what is read is this: a page is drawn anew after it was told to, and a single look may come before. */
export async function eventually(read, wanted, why) {
  const giveUp = Date.now() + PATIENCE_MS;
  for (;;) {
    const value = await read();
    if (isDeepStrictEqual(value, wanted)) return;
    if (Date.now() > giveUp) return assert.deepEqual(value, wanted, why);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Waits until this has the keyboard. */
export async function focused(locator) {
  const element = await locator.elementHandle();
  await locator.page().waitForFunction((one) => document.activeElement === one, element);
}

/** A folder that is deleted when the test is over. */
export async function temporaryFolder(t) {
  const folder = await mkdtemp(join(tmpdir(), "mcp-discovery-"));
  // A core that still runs may begin a file anew that is taken away.
  t.after(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

function run(t, program, args, env) {
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  child.said = "";
  child.stderr.on("data", (chunk) => {
    child.said = (child.said + chunk).slice(-8_000);
  });
  child.on("error", (error) => {
    child.said += String(error);
  });
  child.ended = new Promise((resolve) => child.once("close", resolve));
  t.after(() => stop(child));
  return child;
}

async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), END_MS);
  await child.ended;
  clearTimeout(timer);
}

function firstLine(child) {
  return new Promise((resolve, reject) => {
    const complain = (why) => reject(new Error(`${child.spawnfile} ${why}:\n${child.said}`));
    const timer = setTimeout(() => complain("said nothing"), READY_MS);
    createInterface({ input: child.stdout }).once("line", (line) => {
      clearTimeout(timer);
      resolve(line);
    });
    child.once("close", (code) => {
      clearTimeout(timer);
      complain(`ended with ${code}`);
    });
  });
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Waits until somebody listens on the port. */
async function accepts(port) {
  const giveUp = Date.now() + READY_MS;
  while (!(await listens(port))) {
    if (Date.now() > giveUp) throw new Error(`nobody listens on ${port}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function listens(port) {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
