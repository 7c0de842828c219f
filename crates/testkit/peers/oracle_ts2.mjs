// The TypeScript SDK 2 as a client of the rows on standard input: `oracle_ts2.mjs NODE_MODULES < rows.json`.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { everyRow, transport, use } from './oracle.mjs';

const sdk = join(process.argv[2], '@modelcontextprotocol/client/dist');
const load = (file) => import(pathToFileURL(join(sdk, file)));
const { Client, SSEClientTransport: Sse, StreamableHTTPClientTransport: Http } = await load('index.mjs');
const { StdioClientTransport: Stdio } = await load('stdio.mjs');

// A server that ignores `server/discover` is asked again the old way; the default is to wait a minute first.
const auto = { versionNegotiation: { mode: 'auto', probe: { timeoutMs: 4000 } } };

function attempt(row, result, options) {
  const client = new Client({ name: 'oracle', version: '1' }, options);
  return use(client, transport(row, { Http, Sse, Stdio }), result);
}

// Both ways are that of a client of today: with negotiation, and without, which is its default.
await everyRow(async (row, result) => {
  try {
    await attempt(row, result, auto);
  } catch (error) {
    if (row.era === 'modern') throw error;
    try {
      await attempt(row, result, {});
      result.note = 'only without negotiation';
    } catch {
      throw error;
    }
  }
});
