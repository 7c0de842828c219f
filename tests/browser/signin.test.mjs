// A server that requires authentication gets a token: pasted, replaced, forgotten, and never shown again.
import assert from "node:assert/strict";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { barriers, openPage, startCore, startScripted } from "./harness.mjs";

const TOKEN = "s3cret-of-the-test";

/** A server for whoever has the token, and a core on a computer without a keyring. */
async function start(t) {
  const server = await startScripted(t, {
    name: "billing",
    token: TOKEN,
    tools: [{ name: "pay", inputSchema: { type: "object" } }],
  });
  const core = await startCore(t);
  return { server, core };
}

async function addWithout(page, server) {
  await page.getByRole("button", { name: "Add by URL" }).click();
  const dialog = page.getByRole("dialog", { name: "Add a server" });
  await dialog.getByRole("textbox", { name: /^Address/ }).fill(server.address);
  await dialog.getByRole("button", { name: "Add server" }).click();
  await dialog.getByText("Needs sign-in").first().waitFor();
  return dialog;
}

test("a token is pasted in the drawer, kept in the file that was named, and forgotten", async (t) => {
  const { server, core } = await start(t);
  const { page, errors } = await openPage(t, core.link);
  const dialog = await addWithout(page, server);
  await dialog.getByRole("button", { name: "Open in Servers" }).click();
  const drawer = page.getByRole("complementary", { name: /billing|127\.0\.0\.1/ });
  const field = drawer.getByLabel("Token", { exact: true });
  await drawer.getByText("There is no keyring here").waitFor();
  await drawer.getByText("not encrypted").waitFor();
  assert.equal(await field.getAttribute("type"), "password");
  assert.deepEqual(await barriers(page), []);

  await field.fill("wrong");
  await drawer.getByRole("button", { name: "Keep token and check" }).click();
  await drawer.getByRole("alert").getByText("does not accept it").waitFor();
  await field.fill(TOKEN);
  await field.press("Enter");
  await drawer
    .getByText(/^Healthy/)
    .first()
    .waitFor();
  await drawer.getByRole("heading", { name: "billing" }).waitFor();
  await drawer.getByText("token in a file that only you can read").waitFor();

  const file = join(core.data, "secrets.json");
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.match(await readFile(file, "utf8"), new RegExp(TOKEN));
  assert.ok(!(await page.content()).includes(TOKEN), "the page holds no token");

  await drawer.getByRole("button", { name: "Replace" }).click();
  await page.waitForFunction(() => document.activeElement?.getAttribute("type") === "password");
  await drawer.getByRole("button", { name: "Cancel" }).click();
  await field.waitFor({ state: "detached" });

  await drawer.getByRole("button", { name: "Forget" }).click();
  await drawer
    .getByText(/^Needs sign-in/)
    .first()
    .waitFor();
  assert.doesNotMatch(await readFile(file, "utf8"), new RegExp(TOKEN));
  assert.deepEqual(errors, []);
});

test("a token is given with the address", async (t) => {
  const { server, core } = await start(t);
  const { page } = await openPage(t, core.link);
  await page.getByRole("button", { name: "Add by URL" }).click();
  const dialog = page.getByRole("dialog", { name: "Add a server" });
  await dialog.getByRole("textbox", { name: /^Address/ }).fill(server.address);
  await dialog.getByRole("button", { name: "Name and sign-in" }).click();
  await dialog.getByLabel("Token", { exact: true }).fill(TOKEN);
  assert.deepEqual(await barriers(page), []);
  await dialog.getByRole("button", { name: "Add server" }).click();
  await dialog.getByText("Its token is kept in a file that only you can read, not encrypted.").waitFor();
  await dialog.getByText("Healthy").waitFor();
});

test("a server that says nothing without its key asks for it, and opens to it", async (t) => {
  const server = await startScripted(t, { name: "billing", key: TOKEN });
  const core = await startCore(t);
  const { page } = await openPage(t, core.link);
  await page.getByRole("button", { name: "Add by URL" }).click();
  const dialog = page.getByRole("dialog", { name: "Add a server" });
  await dialog.getByRole("textbox", { name: /^Address/ }).fill(server.address);
  await dialog.getByRole("button", { name: "Add server" }).click();
  await dialog.getByText("It was not added").waitFor();
  await dialog.getByRole("button", { name: "Add a header" }).click();
  await dialog.getByRole("textbox", { name: "Name of header 1" }).fill("X-API-Key");
  await dialog.getByLabel("Value of header 1").fill(TOKEN);
  assert.deepEqual(await barriers(page), []);
  await page.keyboard.press("Enter");
  await dialog.getByText("Healthy").waitFor();
});

// Every shape in which servers refuse strangers opens to what a person has for them, by keyboard.

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
