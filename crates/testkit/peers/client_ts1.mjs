// The TypeScript SDK 1.x as a client: `client_ts1.mjs NODE_MODULES < steps.json`. See `client.mjs`.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { run } from './client.mjs';

const sdk = join(process.argv[2], '@modelcontextprotocol/sdk/dist/esm/client');
const load = (file) => import(pathToFileURL(join(sdk, file)));
const { Client } = await load('index.js');
const { StreamableHTTPClientTransport } = await load('streamableHttp.js');

await run(async (url, options) => {
  const client = new Client({ name: 'ts1', version: '1' });
  client.isVersion1 = true;
  await client.connect(new StreamableHTTPClientTransport(url, options));
  return client;
});
