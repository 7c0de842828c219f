// The TypeScript SDK as a client of the rows on standard input: `oracle_ts.mjs NODE_MODULES 1 < rows.json`, or `2` for its
// version 2.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { everyRow, transport, use } from './oracle.mjs';

const [modules, version] = process.argv.slice(2);
const load = (file) => import(pathToFileURL(join(modules, '@modelcontextprotocol', file)));

async function first() {
  const { Client } = await load('sdk/dist/esm/client/index.js');
  const { StreamableHTTPClientTransport: Http } = await load('sdk/dist/esm/client/streamableHttp.js');
  const { SSEClientTransport: Sse } = await load('sdk/dist/esm/client/sse.js');
  const { StdioClientTransport: Stdio } = await load('sdk/dist/esm/client/stdio.js');
  return (row, result) => {
    const client = new Client({ name: 'oracle', version: '1' });
    return use(client, transport(row, { Http, Sse, Stdio }), result);
  };
}

// A server that ignores `server/discover` is asked again the old way; the default is to wait a minute first.
const AUTO = { versionNegotiation: { mode: 'auto', probe: { timeoutMs: 4000 } } };

/** Both ways are that of a client of today: with negotiation, and without, which is its default. */
async function second() {
  const { Client, SSEClientTransport: Sse, StreamableHTTPClientTransport: Http } = await load('client/dist/index.mjs');
  const { StdioClientTransport: Stdio } = await load('client/dist/stdio.mjs');
  const attempt = (row, result, options) => {
    const client = new Client({ name: 'oracle', version: '1' }, options);
    return use(client, transport(row, { Http, Sse, Stdio }), result);
  };
  return async (row, result) => {
    try {
      await attempt(row, result, AUTO);
    } catch (error) {
      if (row.era === 'modern') throw error;
      try {
        await attempt(row, result, {});
        result.note = 'only without negotiation';
      } catch {
        throw error;
      }
    }
  };
}

await everyRow(await (version === '1' ? first() : second()));
