// What both TypeScript clients do with a row: connect, look for the tool `echo`, call it.
import { text } from 'node:stream/consumers';

const AT_ONCE = 8;
const PAGES = 10;

async function within(limit, work) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${limit} ms`)), limit);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The row's transport, from the SDK's three kinds. */
export function transport(row, { Http, Sse, Stdio }) {
  if (row.over === 'stdio') return new Stdio({ command: row.command, args: row.args, stderr: 'ignore' });
  const Kind = row.over === 'sse' ? Sse : Http;
  return new Kind(new URL(row.url));
}

/** Throws what the SDK throws. */
export async function use(client, transport, result) {
  try {
    await client.connect(transport);
    result.connected = true;
    result.tools = [];
    let cursor;
    for (let page = 0; page < PAGES && !result.tools.includes('echo'); page += 1) {
      const list = await client.listTools(cursor === undefined ? undefined : { cursor });
      result.tools.push(...list.tools.map((tool) => tool.name));
      cursor = list.nextCursor;
      if (cursor === undefined || cursor === null) break;
    }
    if (!result.tools.includes('echo')) {
      throw new Error(`no tool \`echo\` among ${JSON.stringify(result.tools)}`);
    }
    const answer = await client.callTool({ name: 'echo', arguments: {} });
    result.called = JSON.stringify(answer.content ?? null).slice(0, 200);
    result.ok = true;
  } finally {
    void client.close().catch(() => {});
  }
}

/** Reads the rows, uses each, prints a line of JSON for each; never fails for one row. */
export async function everyRow(attempt) {
  // What an SDK says to a person would stand among the verdicts.
  for (const way of ['debug', 'log', 'info', 'warn', 'error']) console[way] = () => {};
  const { limit, rows } = JSON.parse(await text(process.stdin));
  // A stream that breaks after its row is over concerns nobody.
  process.on('unhandledRejection', () => {});
  process.on('uncaughtException', () => {});
  const worker = async () => {
    for (let row = rows.shift(); row; row = rows.shift()) {
      const result = { row: row.name, connected: false, tools: null, called: null, ok: false };
      try {
        await within(limit, attempt(row, result));
      } catch (error) {
        result.error = String(error?.message ?? error).slice(0, 400);
      }
      process.stdout.write(`${JSON.stringify(result)}\n`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  process.exit(0);
}
