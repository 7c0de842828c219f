// What the TypeScript clients have in common: they read what to do from standard input, do it, and print a line of JSON for each
// step. `{url, token, steps: [{do: "list"} | {do: "call", name, arguments, progress?, cancel?}]}`.
export async function run(open) {
  let text = '';
  for await (const part of process.stdin) text += part;
  const { url, token, steps } = JSON.parse(text);
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const client = await open(new URL(url), { requestInit: { headers } });
  for (const step of steps) {
    const said = { step: step.do, progress: [] };
    try {
      await one(client, step, said);
    } catch (error) {
      said.error = { code: error.code ?? null, message: String(error.message ?? error), data: error.data ?? null };
    }
    console.log(JSON.stringify(said));
  }
  await client.close().catch(() => {});
  process.exit(0);
}

async function one(client, step, said) {
  if (step.do === 'list') {
    said.tools = (await client.listTools()).tools;
    return;
  }
  const cancel = new AbortController();
  const options = { timeout: 60_000, signal: cancel.signal };
  if (step.progress || step.cancel)
    options.onprogress = (report) => {
      said.progress.push(report.progress);
      if (step.cancel) cancel.abort('not wanted any more');
    };
  said.result = await call(client, { name: step.name, arguments: step.arguments ?? {} }, options);
}

/** Version 1 takes a schema of the result in between. */
function call(client, params, options) {
  return client.isVersion1 ? client.callTool(params, undefined, options) : client.callTool(params, options);
}
