// One request that the conformance server is serving: what it sends before its answer, and what it asks of the client.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const CAPABILITIES = { 'elicitation/create': 'elicitation', 'roots/list': 'roots', 'sampling/createMessage': 'sampling' };
const LEVELS = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'];
// One key for each process: a retry that reaches another replica fails, and so shows that it went astray.
const KEY = randomBytes(32);

/** An error that is the answer of JSON-RPC. `status` counts in the modern era only. */
export class RpcError extends Error {
  constructor(code, message, data, status = 200) {
    super(message);
    Object.assign(this, { code, data, status });
  }
}

/** Thrown in the modern era when the client has to answer questions and come back. */
export class InputRequired extends Error {
  constructor(inputRequests, requestState) {
    super('input required');
    this.result = { resultType: 'input_required', inputRequests, ...(requestState && { requestState }) };
  }
}

/** The HTTP response of one request: plain JSON, or a stream of events once something comes before the answer. */
export class Reply {
  #response;
  #held = [];

  constructor(response) {
    this.#response = response;
  }

  open() {
    if (this.#response === undefined || this.#response.headersSent) return;
    this.#response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
    this.#response.write(': open\n\n');
  }

  send(message) {
    this.open();
    if (this.#response === undefined) this.#held.push(message);
    else this.#write(message);
  }

  answer(message, status = 200) {
    if (this.#response !== undefined && !this.#response.headersSent) return sendJson(this.#response, status, message);
    this.send(message);
    this.end();
  }

  end() {
    this.#response?.end();
  }

  /** Closes the stream before the answer. The first event names the place from which the client may go on. */
  park(name) {
    this.open();
    this.#response.end(`id: ${name}\nretry: 100\ndata: \n\n`);
    this.#response = undefined;
  }

  resume(response) {
    this.#response = response;
    this.open();
    const held = this.#held.splice(0);
    for (const message of held) this.#write(message);
    if (held.some((message) => message.method === undefined)) this.end();
  }

  #write(message) {
    if (this.#response.writableEnded) return;
    this.#response.write(`event: message\ndata: ${JSON.stringify(message)}\n\n`);
  }
}

export function sendJson(response, status, message) {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(message));
}

export class Call {
  #answers = {};

  /** `client` is a legacy session or, in the modern era, what the request says about its client. */
  constructor(client, params, reply) {
    Object.assign(this, { client, params, reply, args: params.arguments ?? {} });
  }

  notify(method, params) {
    this.reply.send({ jsonrpc: '2.0', method, params });
  }

  log(level, data) {
    const { level: wanted } = this.client;
    if (wanted === undefined || LEVELS.indexOf(level) < LEVELS.indexOf(wanted)) return;
    this.notify('notifications/message', { level, logger: 'conformance', data });
  }

  progress(progress, total) {
    const progressToken = this.params._meta?.progressToken;
    if (progressToken !== undefined) this.notify('notifications/progress', { progressToken, progress, total });
  }

  can(capability) {
    return this.client.capabilities[capability] !== undefined;
  }

  need(capability) {
    if (this.can(capability)) return;
    const message = `The client did not declare the capability ${capability}`;
    if (!this.client.isModern) throw new Error(message);
    throw new RpcError(-32021, message, { requiredCapabilities: { [capability]: {} } }, 400);
  }

  /** Puts questions to the client, by key, and gives its answers. A sealed round counts only with its `requestState`. */
  async ask(questions, isSealed = false) {
    for (const { method } of Object.values(questions)) this.need(CAPABILITIES[method]);
    if (this.client.isModern) return this.#answersOfRetry(questions, isSealed);
    const asked = Object.values(questions).map((question) => this.client.ask(question, this.reply));
    const answers = await Promise.all(asked);
    return Object.fromEntries(Object.keys(questions).map((key, at) => [key, answers[at]]));
  }

  #answersOfRetry(questions, isSealed) {
    const { name, inputResponses = {}, requestState } = this.params;
    if (typeof inputResponses !== 'object' || inputResponses === null) {
      throw new RpcError(-32602, 'inputResponses must be an object');
    }
    if (requestState !== undefined) Object.assign(this.#answers, opened(name, requestState));
    const counts = !isSealed || requestState !== undefined;
    for (const [key, question] of Object.entries(questions)) {
      if (counts && isAnswer(question, inputResponses[key])) this.#answers[key] = inputResponses[key];
    }
    const open = Object.entries(questions).filter(([key]) => this.#answers[key] === undefined);
    if (open.length === 0) return this.#answers;
    throw new InputRequired(Object.fromEntries(open), isSealed ? sealed(name, this.#answers) : undefined);
  }
}

function isAnswer({ method, params }, answer) {
  if (typeof answer !== 'object' || answer === null) return false;
  if (method === 'roots/list') return Array.isArray(answer.roots);
  if (method === 'sampling/createMessage') return typeof answer.role === 'string' && typeof answer.content === 'object';
  if (answer.action !== 'accept') return ['decline', 'cancel'].includes(answer.action);
  return (params.requestedSchema.required ?? []).every((key) => answer.content?.[key] !== undefined);
}

const signature = (body) => createHmac('sha256', KEY).update(body).digest('base64url');

function sealed(name, answers) {
  const body = Buffer.from(JSON.stringify({ name, answers })).toString('base64url');
  return `${body}.${signature(body)}`;
}

function opened(name, state) {
  const [body, given = '', ...rest] = String(state).split('.');
  const expected = Buffer.from(signature(body));
  const isOurs = rest.length === 0 && given.length === expected.length && timingSafeEqual(Buffer.from(given), expected);
  const content = isOurs ? JSON.parse(Buffer.from(body, 'base64url')) : undefined;
  if (content?.name !== name) throw new RpcError(-32602, 'requestState is not one of this server for this name');
  return content.answers;
}
