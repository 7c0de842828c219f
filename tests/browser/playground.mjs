// The Playground as a person at the keyboard sees it, and what reaches a server behind it.
import assert from "node:assert/strict";
import { request as ask, createServer } from "node:http";

/** Presses Run, and says yes where it is asked first. */
export async function pressRun(page) {
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await agreed(page);
}

/** Says yes to the question that stands there, if one does. */
export async function agreed(page) {
  const question = page.getByRole("alertdialog");
  if (await question.count()) await question.getByRole("button", { name: "Run" }).click();
}

/** Adds a server to a core and opens the Playground on it. */
export async function openTools(page, core, server) {
  const { server: row } = await core.call("add", { url: `http://${server.address}` });
  await page.goto(`${core.address}/#/playground/${row.id}`);
  await page.getByRole("list", { name: "Tools", exact: true }).getByRole("link").first().waitFor();

  const json = page.getByRole("textbox", { name: "Arguments as JSON" });
  const runButton = page.getByRole("button", { name: "Run", exact: true });
  const tab = (name) => page.getByRole("tab", { name }).click();
  return {
    row,
    tab,
    form: page.getByRole("tabpanel", { name: /^Form/ }),
    result: page.getByRole("complementary", { name: "Result" }),
    runButton,
    /** Chooses a tool. */
    open: async (name) => {
      await page.goto(`${core.address}/#/playground/${row.id}/${encodeURIComponent(name)}`);
      await page.getByRole("heading", { name, exact: true }).waitFor();
      await tab(/^Form/);
    },
    /** What the JSON tab shows now; ends on the form. */
    shown: async () => {
      await tab(/^JSON/);
      const text = await json.inputValue();
      await tab(/^Form/);
      return JSON.parse(text);
    },
    /** Writes the arguments as JSON; ends on the form. */
    write: async (value) => {
      await tab(/^JSON/);
      await json.fill(JSON.stringify(value));
      await tab(/^Form/);
    },
    /** Runs the call and waits for its end. */
    run: async () => {
      await pressRun(page);
      await runButton.waitFor();
    },
  };
}

/** Stands before a server of the legacy era and keeps the arguments of each tool call that passes. */
export async function startRecorder(t, server) {
  const calls = [];
  const proxy = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const message = request.method === "POST" ? JSON.parse(body.toString() || "{}") : {};
    if (message.method === "tools/call") calls.push(message.params);
    const headers = { ...request.headers, host: `127.0.0.1:${server.port}` };
    const onward = ask(
      { host: "127.0.0.1", port: server.port, path: request.url, method: request.method, headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on("error", () => response.destroy());
    response.on("close", () => onward.destroy());
    onward.end(body);
  });
  await new Promise((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  t.after(
    () =>
      new Promise((resolve) => {
        proxy.closeAllConnections();
        proxy.close(resolve);
      }),
  );
  const { port } = proxy.address();
  /** What the last call carried, which has to be the one that was counted. */
  const last = (count, tool) => {
    assert.equal(calls.length, count, "one call, no more");
    assert.equal(calls.at(-1).name, tool);
    return calls.at(-1).arguments;
  };
  return { address: `127.0.0.1:${port}/mcp`, port, calls, last };
}
