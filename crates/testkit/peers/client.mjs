// What the TypeScript clients have in common: they read what to do from standard input, do it, and print a line of JSON for each
// step. `{url, token, nonce, steps}`; the steps are those of `STEPS`: `{do: "list"}`, `{do: "call", name, arguments, progress?,
// cancel?}`, and so on. Whatever a server asks is answered, and `nonce` stands in each answer.
import { on } from 'node:events';
import { existsSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

const LOG_LEVEL = 'io.modelcontextprotocol/logLevel';
const HEAR_WITHIN = 20_000;
const HEARD = ['notifications/message', 'notifications/resources/updated'];

/** `open(url, options, capabilities, prepare)` gives a connected client; `prepare` is called with it before it is connected. */
export async function run(open) {
  let text = '';
  for await (const part of process.stdin) text += part;
  const { url, token, nonce = '', steps } = JSON.parse(text);
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const ear = new Ear();
  const prepare = (client) => {
    for (const [method, answer] of Object.entries(answers(nonce))) client.setRequestHandler(key(client, method), answer);
    for (const method of HEARD) client.setNotificationHandler(key(client, method), ({ params }) => ear.hears(method, params));
  };
  const capabilities = { sampling: {}, elicitation: {}, roots: {} };
  const client = await open(new URL(url), { requestInit: { headers } }, capabilities, prepare);
  for (const step of steps) {
    const said = { step: step.do, progress: [] };
    try {
      await STEPS[step.do](client, step, said, ear);
    } catch (error) {
      said.error = { code: error.code ?? null, message: String(error.message ?? error), data: error.data ?? null };
    }
    console.log(JSON.stringify({ ...said, heard: ear.heard }));
  }
  await client.close().catch(() => {});
  process.exit(0);
}

/** All that the client was told since it began. */
class Ear {
  heard = [];
  #told = new EventTarget();

  hears(method, params) {
    this.heard.push({ method, params });
    this.#told.dispatchEvent(new Event('told'));
  }

  /** Until a notification of this method has come, with this text in it. */
  async waitFor(method, words) {
    const isHeard = () => this.heard.some((one) => one.method === method && JSON.stringify(one.params).includes(words));
    const told = on(this.#told, 'told', { signal: AbortSignal.timeout(HEAR_WITHIN) });
    while (!isHeard()) await told.next();
  }
}

/** Version 1 knows a method by the schema of its message. */
const key = (client, method) => client.schemas?.[method] ?? method;

const answers = (nonce) => ({
  'sampling/createMessage': async () => ({
    role: 'assistant',
    model: 'none',
    content: { type: 'text', text: `sampled ${nonce}` },
  }),
  'elicitation/create': async ({ params }) => ({ action: 'accept', content: filled(params.requestedSchema ?? {}, nonce) }),
  'roots/list': async () => ({ roots: [{ uri: `file:///${nonce}` }] }),
});

/** What a schema requires, and nothing else. */
function filled({ properties = {}, required = [] }, nonce) {
  const value = ({ type, enum: words, oneOf: titled }) => {
    if (type === 'boolean') return true;
    if (type === 'number' || type === 'integer') return 1;
    return words?.[0] ?? titled?.[0]?.const ?? nonce;
  };
  return Object.fromEntries(required.map((name) => [name, value(properties[name] ?? {})]));
}

const STEPS = {
  async list(client, _, said) {
    said.tools = (await client.listTools()).tools;
  },
  async resources(client, _, said) {
    said.result = await client.listResources();
  },
  async templates(client, _, said) {
    said.result = await client.listResourceTemplates();
  },
  async read(client, { uri }, said) {
    said.result = await client.readResource({ uri });
  },
  async prompts(client, _, said) {
    said.result = await client.listPrompts();
  },
  async prompt(client, { name, arguments: given }, said) {
    said.result = await client.getPrompt({ name, arguments: given });
  },
  async complete(client, { ref, argument }, said) {
    said.result = await client.complete({ ref, argument });
  },
  // A modern client says in each request from which level on it wants to be told.
  async level(client, { level }, said) {
    if (client.getProtocolEra?.() === 'modern') client.level = level;
    else said.result = await client.setLoggingLevel(level);
  },
  async subscribe(client, { uri }, said) {
    said.result = await client.subscribeResource({ uri });
  },
  async hear(_, { method, words = '' }, __, ear) {
    await ear.waitFor(method, words);
  },
  // Until somebody has written this file.
  async pause(_, { file }) {
    while (!existsSync(file)) await setTimeout(20);
  },
  async call(client, step, said) {
    const cancel = new AbortController();
    const options = { timeout: step.timeout ?? 60_000, signal: cancel.signal };
    if (step.progress || step.cancel)
      options.onprogress = (report) => {
        said.progress.push(report.progress);
        if (step.cancel) cancel.abort('not wanted any more');
      };
    const params = { name: step.name, arguments: step.arguments ?? {} };
    if (client.level) params._meta = { [LOG_LEVEL]: client.level };
    // Version 1 takes a schema of the result in between.
    said.result = await (client.schemas ? client.callTool(params, undefined, options) : client.callTool(params, options));
  },
};
