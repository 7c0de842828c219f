// A small server on npm `@hono/mcp`: `hono.mjs NODE_MODULES PORT`. Beside it is a page for those who fetch pages.
import { createRequire } from 'node:module';

const [modules, port] = process.argv.slice(2);
const need = createRequire(`${modules}/`);
const { Hono } = need('hono');
const { serve } = need('@hono/node-server');
const { StreamableHTTPTransport } = need('@hono/mcp');
const { McpServer } = need('@modelcontextprotocol/sdk/server/mcp.js');
const { z } = need('zod');

const server = new McpServer({ name: 'hono peer', version: '1.2.3' });
const inputSchema = { message: z.string() };
server.registerTool('echo', { description: 'Says it again.', inputSchema }, ({ message }) => ({
  content: [{ type: 'text', text: `Echo: ${message}` }],
}));

// As its manual says: one server and one transport for everybody.
const transport = new StreamableHTTPTransport();
const app = new Hono();
app.get('/page', (context) => context.text('A page of plain words.'));
app.all('/mcp', async (context) => {
  if (!server.isConnected()) await server.connect(transport);
  return transport.handleRequest(context);
});
serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(port) });
