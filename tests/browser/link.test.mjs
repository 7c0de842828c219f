// How a browser gets in, stays in, and is sent out.
import assert from "node:assert/strict";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { barriers, command, openPage, startCore, startScripted } from "./harness.mjs";

test("a tab that was open before a restart comes back by itself, until its access is revoked", async (t) => {
  const first = await startCore(t);
  const server = await startScripted(t, { name: "one" });
  await first.call("add", { url: `http://${server.address}` });
  const { page, errors } = await openPage(t, first.link);
  await page.keyboard.press("Control+2");
  await page.getByRole("grid").getByText("one").first().waitFor();
  await first.stop();
  await page.getByText("MCP Discovery does not answer. What you see is from before.").waitFor();
  const second = await startCore(t, { dataDir: first.data, listen: new URL(first.address).host });
  assert.notEqual(second.token, first.token, "the token is new at each start");
  await page.getByText("MCP Discovery does not answer.").waitFor({ state: "hidden" });
  await second.call("edit", { id: (await second.call("order", {})).ids[0], name: "after the restart" });
  await page.getByRole("grid").getByText("after the restart").first().waitFor();
  assert.equal((await stat(join(first.data, "session.key"))).mode & 0o777, 0o600);

  const revoked = await command(t, second, "link", "--revoke");
  assert.equal(revoked.code, 0, revoked.said);
  await page.reload();
  await page.getByRole("heading", { name: "This browser is not signed in" }).waitFor();
  await page.getByText("mcp-discovery link", { exact: true }).waitFor();
  assert.deepEqual(await barriers(page), []);

  const { code, printed, said } = await command(t, second, "link", "--format", "json");
  assert.equal(code, 0, said);
  const { link } = JSON.parse(printed);
  assert.equal(link, second.link);
  await page.goto(link);
  await page.reload();
  await page.getByRole("heading", { name: "Discover" }).waitFor();
  assert.deepEqual(errors, []);
});

test("where nothing runs the command says so", async (t) => {
  const core = await startCore(t);
  await core.stop();
  const { code, said } = await command(t, core, "link");
  assert.notEqual(code, 0);
  assert.match(said, /nothing runs.*mcp-discovery serve/);
});
