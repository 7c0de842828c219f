// Another client of a server on HTTP + SSE, whose ids are 0, 1, 2: `neighbour.mjs NODE_MODULES URL TOOL ARGUMENTS`. Calls the
// tool again and again until its standard input ends, and prints what came of each call. It takes its time over sampling.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [modules, url, name, given] = process.argv.slice(2);
const load = (file) => import(pathToFileURL(join(modules, '@modelcontextprotocol/sdk/dist/esm', file)));
const { Client } = await load('client/index.js');
const { SSEClientTransport } = await load('client/sse.js');
const { CreateMessageRequestSchema } = await load('types.js');

const client = new Client({ name: 'neighbour', version: '1' }, { capabilities: { sampling: {} } });
client.setRequestHandler(CreateMessageRequestSchema, async () => {
  await new Promise((resolve) => setTimeout(resolve, 300));
  return { model: 'none', role: 'assistant', content: { type: 'text', text: 'sampled' } };
});
await client.connect(new SSEClientTransport(new URL(url)));
console.log('connected');

let isOver = false;
process.stdin.on('end', () => (isOver = true)).resume();
while (!isOver) {
  let progress = 0;
  const onprogress = () => (progress += 1);
  const call = client.callTool({ name, arguments: JSON.parse(given) }, undefined, { onprogress, timeout: 20_000 });
  console.log(await call.then((result) => `${progress} ${JSON.stringify(result)}`, (error) => `failed: ${error}`));
}
process.exit(0);
