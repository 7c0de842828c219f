// The server on which the official conformance suite is run, alone and behind the gateway: `conformance_server.mjs [legacy]`. It
// serves both eras, or the legacy one alone, at one address, prints that address, and ends with its standard input. It stands on node's own HTTP, because an
// SDK would drop or add what the suite looks for.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { Call, InputRequired, Reply, RpcError, sendJson } from './conformance_call.mjs';
import * as content from './conformance_content.mjs';

const MODERN = '2026-07-28';
const LEGACY = ['2025-06-18', '2025-11-25'];
const META = 'io.modelcontextprotocol/';
const INFO = { name: 'conformance', version: '1.0.0' };
const CAPABILITIES = {
  tools: { listChanged: true },
  prompts: { listChanged: true },
  resources: { listChanged: true, subscribe: true },
  completions: {},
  logging: {},
};
const CACHE = { ttlMs: 60_000, cacheScope: 'public' };
const LOCAL = ['127.0.0.1', 'localhost', '[::1]'];
const NAMED = { 'tools/call': 'name', 'prompts/get': 'name', 'resources/read': 'uri' };

const sessions = new Map();
const listening = new Set();

content.news.on('change', (method, params) => {
  for (const listener of [...sessions.values(), ...listening]) listener.hear(method, params);
});

const methods = {
  'tools/list': () => ({ tools: content.tools(), ...CACHE }),
  'tools/call': async (call) => {
    try {
      return await content.callTool(call);
    } catch (error) {
      if (error instanceof RpcError || error instanceof InputRequired) throw error;
      return { content: [{ type: 'text', text: error.message }], isError: true };
    }
  },
  'prompts/list': () => ({ prompts: content.prompts(), ...CACHE }),
  'prompts/get': content.getPrompt,
  'resources/list': () => ({ resources: content.resources(), ...CACHE }),
  'resources/templates/list': () => ({ resourceTemplates: content.templates(), ...CACHE }),
  'resources/read': (call) => ({ ...content.readResource(call), ...CACHE }),
  'completion/complete': content.complete,
};
const modernMethods = {
  ...methods,
  'server/discover': () => ({ supportedVersions: [MODERN], capabilities: CAPABILITIES, ...CACHE }),
};
const legacyMethods = {
  ...methods,
  ping: () => ({}),
  'logging/setLevel': ({ client, params }) => {
    client.level = params.level;
    return {};
  },
  'resources/subscribe': ({ client, params }) => {
    client.watched.add(params.uri);
    return {};
  },
  'resources/unsubscribe': ({ client, params }) => {
    client.watched.delete(params.uri);
    return {};
  },
};

/** A client of the legacy era, from `initialize` to DELETE. */
class Session {
  id = randomUUID();
  isModern = false;
  level = 'info';
  watched = new Set();
  #asked = new Map();
  #parked = new Map();
  #stream;

  constructor(capabilities) {
    this.capabilities = capabilities;
  }

  /** Every session counts from 1, so that an answer that went to another session is taken for the wrong one. */
  ask(question, reply) {
    const id = this.#asked.size + 1;
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { resolve, reject });
      reply.send({ jsonrpc: '2.0', id, ...question });
    });
  }

  answered({ id, result, error }) {
    if (error === undefined) this.#asked.get(id)?.resolve(result);
    else this.#asked.get(id)?.reject(new Error(`The client answers: ${error.message}`));
  }

  hear(method, params) {
    if (method === 'notifications/resources/updated' && !this.watched.has(params.uri)) return;
    this.#stream?.send({ jsonrpc: '2.0', method, params });
  }

  park(reply) {
    const place = randomUUID();
    this.#parked.set(place, reply);
    reply.park(place);
  }

  listen(response, place) {
    const parked = this.#parked.get(place);
    if (parked !== undefined) return parked.resume(response);
    this.#stream?.end();
    this.#stream = new Reply(response);
    this.#stream.open();
  }

  close() {
    this.#stream?.end();
    for (const { reject } of this.#asked.values()) reject(new Error('The session is over'));
  }
}

/** One `subscriptions/listen` of the modern era. */
class Subscription {
  constructor(id, wanted, response) {
    Object.assign(this, { id, wanted, reply: new Reply(response) });
    const { toolsListChanged, promptsListChanged, resourcesListChanged, resourceSubscriptions } = wanted;
    const notifications = { toolsListChanged, promptsListChanged, resourcesListChanged, resourceSubscriptions };
    this.#send('notifications/subscriptions/acknowledged', { notifications });
  }

  hear(method, params) {
    const { resourceSubscriptions = [], ...lists } = this.wanted;
    const isWanted = {
      'notifications/tools/list_changed': lists.toolsListChanged,
      'notifications/prompts/list_changed': lists.promptsListChanged,
      'notifications/resources/list_changed': lists.resourcesListChanged,
      'notifications/resources/updated': resourceSubscriptions.includes(params.uri),
    }[method];
    if (isWanted) this.#send(method, params);
  }

  #send(method, params) {
    this.reply.send({ jsonrpc: '2.0', method, params: { ...params, _meta: { [`${META}subscriptionId`]: this.id } } });
  }
}

/** A header of the modern era as it is meant: `=?base64?…?=` stands for bytes that a header cannot carry. */
function headerValue(text) {
  const encoded = /^=\?base64\?(.*)\?=$/.exec(text)?.[1];
  if (encoded === undefined) return text;
  const bytes = Buffer.from(encoded, 'base64');
  return bytes.toString('base64') === encoded ? bytes.toString() : undefined;
}

function checkHeaders(headers, { method, params = {} }) {
  const expected = { 'mcp-method': method };
  if (NAMED[method] !== undefined) expected['mcp-name'] = params[NAMED[method]];
  if (method === 'tools/call') {
    const isListed = content.tools().some(({ name }) => name === params.name);
    const { properties = {} } = isListed ? content.schemaOf(params.name) : {};
    for (const [key, { 'x-mcp-header': suffix }] of Object.entries(properties)) {
      if (suffix !== undefined) expected[`mcp-param-${suffix.toLowerCase()}`] = params.arguments?.[key];
    }
  }
  for (const [name, value] of Object.entries(expected)) {
    const given = headers[name] === undefined ? undefined : headerValue(headers[name]);
    const isRight = value === undefined ? headers[name] === undefined : given === String(value);
    if (!isRight) throw new RpcError(-32020, `The header ${name} is not what the body says`, undefined, 400);
  }
}

/** What a request says about its client, or the error that is due. */
function modernClient(headers, message) {
  const meta = message.params?._meta;
  const version = headers['mcp-protocol-version'];
  const refuse = (code, why, data) => {
    throw new RpcError(code, why, data, 400);
  };
  if (version === undefined) refuse(-32020, 'The header MCP-Protocol-Version is missing');
  const stated = meta?.[`${META}protocolVersion`];
  const capabilities = meta?.[`${META}clientCapabilities`];
  if (typeof stated !== 'string') refuse(-32602, `_meta has no ${META}protocolVersion`);
  if (typeof capabilities !== 'object' || capabilities === null) refuse(-32602, `_meta has no ${META}clientCapabilities`);
  if (stated !== version) refuse(-32020, 'The header MCP-Protocol-Version is not what the body says');
  if (stated !== MODERN) refuse(-32022, 'Unsupported protocol version', { supported: [MODERN], requested: stated });
  checkHeaders(headers, message);
  return { isModern: true, capabilities, level: meta[`${META}logLevel`] };
}

async function serve(table, message, client, reply) {
  const { method, params = {} } = message;
  if (!Object.hasOwn(table, method)) throw new RpcError(-32601, `Method not found: ${method}`, undefined, 404);
  return table[method](new Call(client, params, reply));
}

async function postModern(request, response, message) {
  const reply = new Reply(response);
  const { id, method } = message;
  if (id === undefined) return response.writeHead(202).end();
  try {
    const client = modernClient(request.headers, message);
    if (method === 'subscriptions/listen') return subscribe(response, message);
    const result = await serve(modernMethods, message, client, reply).catch(asked);
    const _meta = { ...result._meta, [`${META}serverInfo`]: INFO };
    reply.answer({ jsonrpc: '2.0', id, result: { resultType: 'complete', ...result, _meta } });
  } catch (error) {
    refuse(reply, id, error);
  }
}

function asked(error) {
  if (error instanceof InputRequired) return error.result;
  throw error;
}

function subscribe(response, { id, params }) {
  const subscription = new Subscription(id, params.notifications ?? {}, response);
  listening.add(subscription);
  response.on('close', () => listening.delete(subscription));
}

function refuse(reply, id, error) {
  const { code = -32603, message, data, status = 500 } = error;
  reply.answer({ jsonrpc: '2.0', id, error: { code, message, ...(data && { data }) } }, status);
}

async function postLegacy(request, response, message) {
  if (message.method === 'initialize') return initialize(response, message);
  const session = sessionOf(request, response, message.id);
  if (session === undefined) return;
  if (message.method === undefined) session.answered(message);
  if (message.method === undefined || message.id === undefined) return response.writeHead(202).end();
  const reply = new Reply(response);
  try {
    // The words of the modern era have no place in a result of the legacy one.
    const { ttlMs: _ttl, cacheScope: _scope, ...result } = await serve(legacyMethods, message, session, reply);
    reply.answer({ jsonrpc: '2.0', id: message.id, result });
  } catch (error) {
    refuse(reply, message.id, Object.assign(error, { status: 200 }));
  }
}

function initialize(response, { id, params = {} }) {
  const session = new Session(params.capabilities ?? {});
  sessions.set(session.id, session);
  const protocolVersion = LEGACY.includes(params.protocolVersion) ? params.protocolVersion : LEGACY.at(-1);
  response.setHeader('mcp-session-id', session.id);
  const result = { protocolVersion, capabilities: CAPABILITIES, serverInfo: INFO };
  sendJson(response, 200, { jsonrpc: '2.0', id, result });
}

function sessionOf(request, response, id) {
  const name = request.headers['mcp-session-id'];
  const session = sessions.get(name);
  if (session !== undefined) return session;
  const error = { code: -32600, message: 'There is no such session' };
  sendJson(response, name === undefined ? 400 : 404, { jsonrpc: '2.0', id, error });
}

function isModern(headers, { method, params }) {
  if (process.argv[2] === 'legacy') return false;
  const version = headers['mcp-protocol-version'];
  if (params?._meta?.[`${META}protocolVersion`] !== undefined) return true;
  return version === undefined ? method === 'server/discover' : !LEGACY.includes(version);
}

async function post(request, response) {
  let message;
  try {
    message = Object(JSON.parse(Buffer.concat(await request.toArray())));
  } catch {
    return sendJson(response, 400, { jsonrpc: '2.0', error: { code: -32700, message: 'Not JSON' } });
  }
  const answerTo = isModern(request.headers, message) ? postModern : postLegacy;
  return answerTo(request, response, message);
}

function isLocal(address) {
  return URL.canParse(address) && LOCAL.includes(new URL(address).hostname);
}

async function answer(request, response) {
  const { host, origin, 'last-event-id': place } = request.headers;
  if (!isLocal(`http://${host}`) || (origin !== undefined && !isLocal(origin))) return response.writeHead(403).end();
  if (request.url !== '/mcp') return response.writeHead(404).end();
  if (request.method === 'POST') return post(request, response);
  if (!['GET', 'DELETE'].includes(request.method)) return response.writeHead(405).end();
  const session = sessionOf(request, response);
  if (session === undefined) return;
  if (request.method === 'GET') return session.listen(response, place);
  session.close();
  sessions.delete(session.id);
  response.writeHead(204).end();
}

const server = createServer((request, response) => {
  answer(request, response).catch((error) => response.destroy(error));
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/mcp`));
process.stdin.on('end', () => process.exit(0)).resume();
