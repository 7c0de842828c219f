// The TypeScript SDK as a client: `client_ts.mjs NODE_MODULES 1 < steps.json`. `2` is its version 2, which negotiates the era.
// See `client.mjs`.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { run } from './client.mjs';

const [modules, version] = process.argv.slice(2);
const load = (file) => import(pathToFileURL(join(modules, '@modelcontextprotocol', file)));

async function first() {
  const { Client } = await load('sdk/dist/esm/client/index.js');
  const { StreamableHTTPClientTransport } = await load('sdk/dist/esm/client/streamableHttp.js');
  const types = await load('sdk/dist/esm/types.js');
  return async (url, options, capabilities, prepare) => {
    const client = new Client({ name: 'ts1', version: '1' }, { capabilities });
    client.schemas = {
      'sampling/createMessage': types.CreateMessageRequestSchema,
      'elicitation/create': types.ElicitRequestSchema,
      'roots/list': types.ListRootsRequestSchema,
      'notifications/message': types.LoggingMessageNotificationSchema,
      'notifications/resources/updated': types.ResourceUpdatedNotificationSchema,
    };
    prepare(client);
    await client.connect(new StreamableHTTPClientTransport(url, options));
    return client;
  };
}

async function second() {
  const { Client, StreamableHTTPClientTransport } = await load('client/dist/index.mjs');
  return async (url, options, capabilities, prepare) => {
    const client = new Client({ name: 'ts2', version: '1' }, { capabilities, versionNegotiation: { mode: 'auto' } });
    prepare(client);
    await client.connect(new StreamableHTTPClientTransport(url, options));
    return client;
  };
}

await run(await (version === '1' ? first() : second()));
