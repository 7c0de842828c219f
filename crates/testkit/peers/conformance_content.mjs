// The tools, prompts and resources of the conformance server, under the names that the official suite calls.
import { EventEmitter } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { RpcError } from './conformance_call.mjs';

// The suite wants notifications that are apart in time, so that one that arrives late is seen.
const APART = 50;
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==';
const WAV = silence(8);
const WATCHED = 'test://watched-resource';
/** Tells of each change: a `change` with the method and the parameters of the notification. */
export const news = new EventEmitter();
/** How often a list has changed: its description says so, so that the list is really another one. */
const changes = { tools: 0, prompts: 0 };

function silence(samples) {
  const wave = Buffer.alloc(44 + samples, 128);
  wave.write('RIFF', 0);
  wave.writeUInt32LE(36 + samples, 4);
  wave.write('WAVEfmt ', 8);
  const format = [16, 1 | (1 << 16), 8000, 8000, 1 | (8 << 16)];
  for (const [at, word] of format.entries()) wave.writeUInt32LE(word, 16 + 4 * at);
  wave.write('data', 36);
  wave.writeUInt32LE(samples, 40);
  return wave.toString('base64');
}

const text = (words) => ({ type: 'text', text: words });
const image = { type: 'image', data: PNG, mimeType: 'image/png' };
const embedded = (uri, mimeType, words) => ({ type: 'resource', resource: { uri, mimeType, text: words } });
const says = (...content) => ({ content: content.map((part) => (typeof part === 'string' ? text(part) : part)) });
const string = { type: 'string' };
const form = (message, properties, required = Object.keys(properties)) => ({
  method: 'elicitation/create',
  params: { message, requestedSchema: { type: 'object', properties, ...(required.length > 0 && { required }) } },
});
const prompting = (words, maxTokens = 100) => ({
  method: 'sampling/createMessage',
  params: { messages: [{ role: 'user', content: text(words) }], maxTokens },
});
const askingRoots = { method: 'roots/list', params: {} };
const confirming = { confirm: form('Please confirm', { ok: { type: 'boolean' } }) };
const naming = { user_name: form('What is your name?', { name: string }) };
const outcome = ({ action, content }) => `action=${action}, content=${JSON.stringify(content ?? {})}`;
const titled = (...pairs) => pairs.map(([value, title]) => ({ const: value, title }));

const OPTIONS = ['option1', 'option2', 'option3'];
const DEFAULTS = {
  name: { type: 'string', default: 'John Doe' },
  age: { type: 'integer', default: 30 },
  score: { type: 'number', default: 95.5 },
  status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
  verified: { type: 'boolean', default: true },
};
const ENUMS = {
  untitledSingle: { type: 'string', enum: OPTIONS },
  titledSingle: { type: 'string', oneOf: titled(['value1', 'First'], ['value2', 'Second']) },
  legacyEnum: { type: 'string', enum: ['opt1', 'opt2'], enumNames: ['Option One', 'Option Two'] },
  untitledMulti: { type: 'array', items: { type: 'string', enum: OPTIONS } },
  titledMulti: { type: 'array', items: { anyOf: titled(['value1', 'First'], ['value2', 'Second']) } },
};
const REGION = { region: { ...string, 'x-mcp-header': 'Region' } };
// Words of JSON Schema that a gateway with types of its own would drop.
const SCHEMA_2020_12 = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: { address: { $anchor: 'place', type: 'object', properties: { street: string, city: string } } },
  properties: { address: { $ref: '#/$defs/address' }, by: { enum: ['phone', 'email'] }, phone: string, email: string },
  allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
  if: { properties: { by: { const: 'phone' } }, required: ['by'] },
  then: { required: ['phone'] },
  else: { required: ['email'] },
  additionalProperties: false,
};

/** Each tool: what it says about itself, its schema (or only the properties of it), and what it does. */
const TOOLS = {
  test_simple_text: ['Answers with text.', {}, () => says('Plain text of the conformance server.')],
  test_image_content: ['Answers with an image.', {}, () => says(image)],
  test_audio_content: ['Answers with a sound.', {}, () => says({ type: 'audio', data: WAV, mimeType: 'audio/wav' })],
  test_embedded_resource: ['Answers with a resource.', {}, () =>
    says(embedded('test://embedded-resource', 'text/plain', 'The text of an embedded resource.'))],
  test_multiple_content_types: ['Answers with text, an image and a resource.', {}, () =>
    says('Three kinds:', image, embedded('test://mixed-content-resource', 'application/json', '{"value":123}'))],
  test_error_handling: ['Always fails.', {}, () => {
    throw new Error('This tool fails on purpose.');
  }],
  test_logging_tool: ['Writes one line of log.', {}, (call) => {
    call.log('info', 'called');
    return says('Logged, if that was wanted.');
  }],
  test_tool_with_logging: ['Writes three lines of log.', {}, async (call) => {
    call.log('info', 'started');
    await pause(APART);
    call.log('info', 'half way');
    await pause(APART);
    call.log('info', 'done');
    return says('Logged three lines.');
  }],
  test_tool_with_progress: ['Reports its progress.', {}, async (call) => {
    call.progress(0, 100);
    await pause(APART);
    call.progress(50, 100);
    await pause(APART);
    call.progress(100, 100);
    return says('Done.');
  }],
  test_reconnection: ['Closes its stream before the answer, which waits for a GET.', {}, (call) => {
    call.client.park?.(call.reply);
    return says('The answer after the stream was closed.');
  }],
  test_sampling: ['Asks the model of the client.', { prompt: string }, async (call) => {
    const { reply } = await call.ask({ reply: prompting(call.args.prompt) });
    return says(`The model says: ${reply.content.text}`);
  }],
  test_elicitation: ['Asks the user.', { message: string }, async (call) => {
    const { user } = await call.ask({ user: form(call.args.message, { username: string, email: string }) });
    return says(`The user says: ${outcome(user)}`);
  }],
  test_elicitation_sep1034_defaults: ['Asks the user with defaults.', {}, async (call) => {
    const { user } = await call.ask({ user: form('Are these right?', DEFAULTS, []) });
    return says(outcome(user));
  }],
  test_elicitation_sep1330_enums: ['Asks the user to choose.', {}, async (call) => {
    const { user } = await call.ask({ user: form('Choose.', ENUMS, []) });
    return says(outcome(user));
  }],
  test_streaming_elicitation: ['Opens a stream and asks the user.', {}, async (call) => {
    call.reply.open();
    const { user_name } = await call.ask(naming);
    return says(outcome(user_name));
  }],
  test_missing_capability: ['Serves only clients that have a model.', {}, (call) => {
    call.need('sampling');
    return says('The client has a model.');
  }],
  test_input_required_result_elicitation: ['Asks for a name.', {}, async (call) => {
    const { user_name } = await call.ask(naming);
    return says(`Hello, ${user_name.content?.name ?? 'whoever you are'}!`);
  }],
  test_input_required_result_sampling: ['Asks the model for a capital.', {}, async (call) => {
    const { capital_question } = await call.ask({ capital_question: prompting('What is the capital of France?') });
    return says(capital_question.content.text);
  }],
  test_input_required_result_list_roots: ['Asks for the roots.', {}, async (call) => {
    const { client_roots } = await call.ask({ client_roots: askingRoots });
    return says(`Roots: ${client_roots.roots.map(({ uri }) => uri).join(', ')}`);
  }],
  test_input_required_result_request_state: ['Asks, and wants its state back.', {}, async (call) => {
    await call.ask(confirming, true);
    return says('state-ok');
  }],
  test_input_required_result_tampered_state: ['Refuses a state that was changed.', {}, async (call) => {
    await call.ask(confirming, true);
    return says('The state is as it was.');
  }],
  test_input_required_result_multiple_inputs: ['Asks for three things at once.', {}, async (call) => {
    const questions = { ...naming, greeting: prompting('Write a greeting.', 50), client_roots: askingRoots };
    const { user_name, greeting, client_roots } = await call.ask(questions, true);
    return says(`${greeting.content.text} ${user_name.content?.name} has ${client_roots.roots.length} roots.`);
  }],
  test_input_required_result_multi_round: ['Asks twice, one after the other.', {}, async (call) => {
    const { step1 } = await call.ask({ step1: form('Step 1: your name?', { name: string }) }, true);
    const { step2 } = await call.ask({ step2: form('Step 2: your favourite colour?', { color: string }) }, true);
    return says(`${step1.content?.name} likes ${step2.content?.color}.`);
  }],
  test_input_required_result_capabilities: ['Asks only for what the client can do.', {}, async (call) => {
    const questions = {
      ...(call.can('elicitation') && naming),
      ...(call.can('sampling') && { greeting: prompting('Write a greeting.') }),
      ...(call.can('roots') && { client_roots: askingRoots }),
    };
    const answers = await call.ask(questions);
    return says(`Answered: ${Object.keys(answers).join(', ')}`);
  }],
  test_header_parameter: ['Has a parameter that is in a header too.', REGION, ({ args }) => says(`Region: ${args.region}`)],
  json_schema_2020_12_tool: ['Has a schema with many words.', SCHEMA_2020_12, ({ args }) => says(JSON.stringify(args))],
  test_trigger_tool_change: [() => `Changes the list of tools, ${changes.tools} times so far.`, {}, () => {
    changes.tools += 1;
    news.emit('change', 'notifications/tools/list_changed', {});
    return says('Changed.');
  }],
  test_trigger_prompt_change: ['Changes the list of prompts.', {}, () => {
    changes.prompts += 1;
    news.emit('change', 'notifications/prompts/list_changed', {});
    return says('Changed.');
  }],
  test_trigger_resource_change: ['Changes the watched resource.', {}, () => {
    news.emit('change', 'notifications/resources/updated', { uri: WATCHED });
    return says('Changed.');
  }],
};

const user = (...contents) => ({ messages: contents.map((content) => ({ role: 'user', content })) });

/** Each prompt: what it says about itself, its arguments, and what it gives. */
const PROMPTS = {
  test_simple_prompt: ['A plain prompt.', [], () => user(text('A plain prompt of the conformance server.'))],
  test_prompt_with_arguments: ['A prompt with two arguments.', ['arg1', 'arg2'], ({ args }) =>
    user(text(`The first is '${args.arg1}', the second is '${args.arg2}'.`))],
  test_prompt_with_embedded_resource: ['A prompt with a resource.', ['resourceUri'], ({ args }) =>
    user(embedded(args.resourceUri, 'text/plain', 'The text of the resource.'), text('What does it say?'))],
  test_prompt_with_image: ['A prompt with an image.', [], () => user(image, text('What is on it?'))],
  test_input_required_result_prompt: ['A prompt that asks the user first.', [], async (call) => {
    const { user_context } = await call.ask({ user_context: form('In which context?', { context: string }) });
    return user(text(`In the context of ${user_context.content?.context ?? 'nothing'}.`));
  }],
  test_changing_prompt: [() => `Its list has changed ${changes.prompts} times.`, [], () => user(text('Again.'))],
};

const TEMPLATE = {
  uriTemplate: 'test://template/{id}/data',
  name: 'template',
  description: 'Data by id.',
  mimeType: 'application/json',
};
/** Each resource: its name and description, and what it holds. */
const RESOURCES = {
  'test://static-text': ['static-text', 'A text.', { mimeType: 'text/plain', text: 'The static text.' }],
  'test://static-binary': ['static-binary', 'An image.', { mimeType: 'image/png', blob: PNG }],
  [WATCHED]: ['watched-resource', 'A resource to watch.', { mimeType: 'text/plain', text: 'Watched.' }],
};
const WORDS = ['paris', 'park', 'party', 'test', 'testing'];

const known = (table, name) => {
  if (!Object.hasOwn(table, name ?? '')) throw new RpcError(-32602, `Unknown name: ${name}`);
  return table[name];
};
const described = (description) => (typeof description === 'function' ? description() : description);

/** The schema of a tool. What the properties of a plain one are, is required. */
export function schemaOf(name) {
  const [, schema] = known(TOOLS, name);
  if (schema.type === 'object') return schema;
  const required = Object.keys(schema);
  return { type: 'object', properties: schema, ...(required.length > 0 && { required }) };
}

export function tools() {
  return Object.entries(TOOLS).map(([name, [description]]) => ({
    name,
    description: described(description),
    inputSchema: schemaOf(name),
  }));
}

export async function callTool(call) {
  const [, , run] = known(TOOLS, call.params.name);
  return run(call);
}

export function prompts() {
  return Object.entries(PROMPTS).map(([name, [description, names]]) => ({
    name,
    description: described(description),
    arguments: names.map((argument) => ({ name: argument, description: `The argument ${argument}.`, required: true })),
  }));
}

export async function getPrompt(call) {
  const [, , run] = known(PROMPTS, call.params.name);
  return run(call);
}

export function resources() {
  return Object.entries(RESOURCES).map(([uri, [name, description, { mimeType }]]) => ({ uri, name, description, mimeType }));
}

export const templates = () => [TEMPLATE];

export function readResource({ params: { uri }, client }) {
  const id = /^test:\/\/template\/([^/]+)\/data$/.exec(uri)?.[1];
  if (id !== undefined) return { contents: [{ uri, mimeType: TEMPLATE.mimeType, text: JSON.stringify({ id }) }] };
  const [, , held] = RESOURCES[uri] ?? [];
  if (held === undefined) throw new RpcError(client.isModern ? -32602 : -32002, 'Resource not found', { uri });
  return { contents: [{ uri, ...held }] };
}

export function complete({ params: { ref, argument } }) {
  if (ref?.type === 'ref/prompt') known(PROMPTS, ref.name);
  else if (ref?.uri !== TEMPLATE.uriTemplate) throw new RpcError(-32602, 'Unknown reference');
  const values = WORDS.filter((word) => word.startsWith(argument.value));
  return { completion: { values, total: values.length, hasMore: false } };
}
