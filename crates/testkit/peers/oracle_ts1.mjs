// The TypeScript SDK 1.x as a client of the rows on standard input: `oracle_ts1.mjs NODE_MODULES < rows.json`.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { everyRow, transport, use } from './oracle.mjs';

const sdk = join(process.argv[2], '@modelcontextprotocol/sdk/dist/esm/client');
const load = (file) => import(pathToFileURL(join(sdk, file)));
const { Client } = await load('index.js');
const { StreamableHTTPClientTransport: Http } = await load('streamableHttp.js');
const { SSEClientTransport: Sse } = await load('sse.js');
const { StdioClientTransport: Stdio } = await load('stdio.js');

await everyRow((row, result) => {
  const client = new Client({ name: 'oracle', version: '1' });
  return use(client, transport(row, { Http, Sse, Stdio }), result);
});
