// The TypeScript SDK 2 as a client, which negotiates the era: `client_ts2.mjs NODE_MODULES < steps.json`. See `client.mjs`.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { run } from './client.mjs';

const sdk = join(process.argv[2], '@modelcontextprotocol/client/dist');
const { Client, StreamableHTTPClientTransport } = await import(pathToFileURL(join(sdk, 'index.mjs')));

await run(async (url, options, capabilities, prepare) => {
  const client = new Client({ name: 'ts2', version: '1' }, { capabilities, versionNegotiation: { mode: 'auto' } });
  prepare(client);
  await client.connect(new StreamableHTTPClientTransport(url, options));
  return client;
});
