// The TypeScript SDK 1.x as a client: `client_ts1.mjs NODE_MODULES < steps.json`. See `client.mjs`.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { run } from './client.mjs';

const sdk = join(process.argv[2], '@modelcontextprotocol/sdk/dist/esm');
const load = (file) => import(pathToFileURL(join(sdk, file)));
const { Client } = await load('client/index.js');
const { StreamableHTTPClientTransport } = await load('client/streamableHttp.js');
const types = await load('types.js');

await run(async (url, options, capabilities, prepare) => {
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
});
