// Every shape in which servers refuse strangers opens to what a person has for them, by keyboard.
import assert from "node:assert/strict";
import test from "node:test";
import { openPage, startCore, startScripted } from "./harness.mjs";

const SECRET = "s3cret-of-a-refusal";
const TOOLS = [{ name: "pay", inputSchema: { type: "object" } }];
const RPC = '{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"Unauthorized"}}';

const shape = (status, challenge, type, body) => ({
  status,
  headers: { "content-type": type, ...(challenge && { "www-authenticate": challenge }) },
  body,
});
const SHAPES = [
  ["an object of JSON", shape(401, "", "application/json", '{"error":"Unauthorized"}')],
  ["a page", shape(401, "", "text/html", "<h1>401 Authorization Required</h1>")],
  ["nothing", shape(401, "", "text/plain", "")],
  ["a challenge", shape(401, "Bearer", "text/plain", "")],
  ["a realm", shape(401, 'Bearer realm="x"', "text/plain", "")],
  ["a realm for a password", shape(401, 'Basic realm="x"', "text/html", "<h1>Log in</h1>")],
  ["an error of JSON-RPC", shape(401, "", "application/json", RPC)],
  ["a plain 403", shape(403, "", "text/plain", "")],
];

async function type(page, field, text) {
  await field.focus();
  await page.keyboard.press("Control+a");
  await page.keyboard.type(text);
}

async function press(page, button) {
  await button.focus();
  await page.keyboard.press("Enter");
}

test("each shape of refusal asks for a sign-in and opens to a token, or to a header of any name", async (t) => {
  const core = await startCore(t);
  const { page, errors } = await openPage(t, core.link);
  for (const [place, [name, refusal]] of SHAPES.entries()) {
    const wantsHeader = place % 2 === 1;
    const server = await startScripted(t, {
      name,
      tools: TOOLS,
      refusal,
      ...(wantsHeader ? { key: SECRET } : { token: SECRET }),
    });
    await press(page, page.getByRole("button", { name: "Add by URL" }).first());
    const dialog = page.getByRole("dialog", { name: "Add a server" });
    await type(page, dialog.getByRole("textbox", { name: /^Address/ }), `http://${server.address}`);
    await page.keyboard.press("Enter");
    await dialog.getByText("It was not added").waitFor();
    if (wantsHeader) {
      await press(page, dialog.getByRole("button", { name: "Add a header" }));
      await type(page, dialog.getByLabel("Name of header 1"), "X-API-Key");
      await type(page, dialog.getByLabel("Value of header 1"), SECRET);
    } else {
      await page.waitForFunction(() => document.activeElement?.getAttribute("type") === "password");
      await page.keyboard.type(SECRET);
    }
    await page.keyboard.press("Enter");
    await dialog.getByText("Healthy").waitFor();
    await press(page, dialog.getByRole("button", { name: "Done" }));
    await dialog.waitFor({ state: "detached" });
    const { servers } = await core.call("servers", {});
    const { id } = servers.find((one) => one.name === name);
    for (let round = 0; round < 3; round += 1)
      assert.equal((await core.call("check", { id })).health.status, "healthy", name);
    assert.ok((await core.call("call", { capability: "pay", server: id })).result, name);
  }
  assert.ok(!(await page.content()).includes(SECRET), "the page holds no secret");
  assert.deepEqual(errors, []);
});
