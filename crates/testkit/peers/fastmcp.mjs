// A small server on npm `fastmcp`: `fastmcp.mjs NODE_MODULES PORT`.
import { join } from 'node:path';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [modules, port] = process.argv.slice(2);
const { FastMCP } = await import(pathToFileURL(join(modules, 'fastmcp/dist/FastMCP.js')));
const { z } = createRequire(`${modules}/`)('zod');

const server = new FastMCP({ name: 'fastmcp peer', version: '1.2.3' });
server.addTool({
  name: 'echo',
  description: 'Says it again.',
  parameters: z.object({ message: z.string() }),
  execute: async ({ message }) => `Echo: ${message}`,
});
await server.start({ transportType: 'httpStream', httpStream: { port: Number(port), host: '127.0.0.1' } });
