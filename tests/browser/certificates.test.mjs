// A certificate that nobody vouches for: told, agreed to by keyboard, refused when it changes, and a CA's file instead.
import assert from "node:assert/strict";
import test from "node:test";
import { barriers, openPage, selfSigned, startCore, startScripted } from "./harness.mjs";

const TOKEN = "s3cret-of-the-certificate";

async function start(t) {
  const identity = await selfSigned(t);
  const server = await startScripted(t, {
    name: "nas",
    tools: [{ name: "list", inputSchema: { type: "object" } }],
    tls: identity,
  });
  const core = await startCore(t, {
    flags: ["--no-local-discovery"],
  });
  return { identity, server, core, url: `https://${server.address}` };
}

test("a person agrees to a certificate by keyboard, and is told when it changes", async (t) => {
  const { server, core, url } = await start(t);
  const { page, errors } = await openPage(t, core.link);
  const press = async (scope, name) => {
    await scope.getByRole("button", { name }).focus();
    await page.keyboard.press("Enter");
  };
  await press(page.getByRole("main"), "Add by URL");
  const dialog = page.getByRole("dialog", { name: "Add a server" });
  await dialog.getByRole("textbox", { name: /^Address/ }).waitFor();
  await page.keyboard.type(url);
  await page.keyboard.press("Enter");
  const alert = dialog.getByRole("alert").filter({ hasText: "Its certificate is not trusted" });
  await alert.getByText("It is self-signed: no CA has signed it.").waitFor();
  await alert.getByText("CN=nas").first().waitFor();
  assert.deepEqual(await barriers(page), []);
  await press(alert, "Trust this certificate");
  await dialog.getByText("Healthy").waitFor();
  await press(dialog, "Open in Servers");
  const drawer = page.getByRole("complementary", { name: "nas" });
  await drawer.getByText(/^Accepted:/).waitFor();

  server.change(await selfSigned(t));
  await press(drawer, "Check now");
  const changed = drawer.getByRole("alert").filter({ hasText: "Its certificate has changed" });
  await changed.getByRole("heading", { name: "The certificate you trusted" }).waitFor();
  await changed.getByRole("heading", { name: "The certificate it presents now" }).waitFor();
  assert.deepEqual(await barriers(page), []);
  await press(changed, "Trust the new certificate");
  await changed.waitFor({ state: "detached" });
  await drawer
    .getByText(/^(Healthy|Degraded)/)
    .first()
    .waitFor();
  assert.deepEqual(errors, []);
});

test("a token goes out only after the agreement, or to whom a CA vouches for", async (t) => {
  const { identity, server, core, url } = await start(t);
  const { page } = await openPage(t, core.link);
  await page.getByRole("button", { name: "Add by URL" }).click();
  const dialog = page.getByRole("dialog", { name: "Add a server" });
  await dialog.getByRole("textbox", { name: /^Address/ }).fill(url);
  await dialog.getByRole("button", { name: "Name and sign-in" }).click();
  await dialog.getByLabel("Token", { exact: true }).fill(TOKEN);
  await dialog.getByRole("button", { name: "Add server" }).click();
  await dialog.getByText("Its certificate is not trusted", { exact: true }).waitFor();
  // Other cores of this computer may look at it, without a token.
  assert.equal(server.signed(), 0, "no token was sent");
  await dialog.getByRole("textbox", { name: /^CA file/ }).fill(identity.file);
  await dialog.getByRole("button", { name: "Add server" }).click();
  await dialog.getByText("Healthy").waitFor();
  assert.ok(server.signed() > 0);
  await dialog.getByRole("button", { name: "Open in Servers" }).click();
  const drawer = page.getByRole("complementary", { name: "nas" });
  await drawer.getByText(/^Signed by the CA in/).waitFor();

  await drawer.getByRole("button", { name: "Show it" }).click();
  const look = page.getByRole("dialog", { name: "Certificate of nas" });
  await look.getByText("It is trusted: the named CA signed it").waitFor();
  assert.deepEqual(await barriers(page), []);
  await look.getByRole("button", { name: "Trust only this certificate" }).click();
  await drawer.getByText(/^Accepted:/).waitFor();

  // The form removes it, says what is wrong without it, and takes the CA again.
  await drawer.getByRole("button", { name: "Show it" }).click();
  await look.getByRole("button", { name: "Change what is trusted" }).click();
  const edit = page.getByRole("dialog", { name: "Edit nas" });
  await edit.getByText(/^Only this certificate is trusted:/).waitFor();
  await edit.getByRole("button", { name: "Trust what this computer trusts" }).click();
  await edit.getByRole("button", { name: "Test" }).click();
  const alert = edit.getByRole("alert").filter({ hasText: "Its certificate is not trusted" });
  await alert.getByText(/^It is self-signed/).waitFor();
  await edit.getByRole("list", { name: "Steps of the test" }).waitFor();
  assert.deepEqual(await barriers(page), []);
  await alert.getByRole("button", { name: "Trust this certificate" }).click();
  await edit.getByText("Nothing is saved yet.").waitFor();
  await edit.getByRole("textbox", { name: /^CA file/ }).fill(identity.file);
  await edit.getByRole("button", { name: "Save" }).click();
  await edit.waitFor({ state: "detached" });
  await drawer.getByText(/^Signed by the CA in/).waitFor();
});

test("a scan says it in the row and leads to the certificate", async (t) => {
  const { server, core } = await start(t);
  const { page } = await openPage(t, core.link);
  await core.call("scan_start", { targets: ["127.0.0.1"], ports: [String(server.port)] });
  const row = page.getByRole("row").filter({ hasText: String(server.port) });
  await row.getByText("self-signed certificate").waitFor();
  await row.getByRole("checkbox").check();
  await page.getByRole("button", { name: "Add 1 server" }).click();
  await page.getByRole("button", { name: "Show it…" }).click();
  const dialog = page.getByRole("dialog", { name: "Add a server" });
  assert.match(
    await dialog.getByRole("textbox", { name: /^Address/ }).inputValue(),
    new RegExp(`:${server.port}/mcp$`),
  );
  await dialog.getByRole("button", { name: "Add server" }).click();
  await dialog.getByRole("button", { name: "Trust this certificate" }).click();
  await dialog.getByText("Healthy").waitFor();
});
