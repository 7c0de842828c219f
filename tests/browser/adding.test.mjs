// What went wrong when a server is added: what happened, the likely cause, one action, and the keyboard where it is mended.
import assert from "node:assert/strict";
import test from "node:test";
import { focused, openPage, startCore, startScripted } from "./harness.mjs";

test("an error is plain, names one action, and goes with the kind of server", async (t) => {
  const core = await startCore(t);
  const server = await startScripted(t, { name: "plain" });
  const { page, errors } = await openPage(t, core.link);
  await page.goto(`${core.address}/#/servers`);
  await page.getByRole("button", { name: "More about the list" }).waitFor();
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Go to" }).fill("add server");
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Add a server" });
  const address = dialog.getByRole("textbox", { name: /^Address/ });
  await address.fill(`https://127.0.0.1:${server.port}/mcp`);
  await page.keyboard.press("Enter");
  const alert = dialog.getByRole("alert").filter({ hasText: "It was not added" });
  await alert.waitFor();
  const said = await alert.innerText();
  assert.doesNotMatch(said, /`/, said);
  const sentences = said.split("\n").filter((line) => /[a-z]{3}/.test(line));
  for (const line of sentences) assert.match(line, /^[^a-z]/, line);
  await alert.getByRole("button", { name: "Use http:// instead" }).waitFor();
  await focused(address);
  await dialog.getByRole("button", { name: "Program" }).click();
  await alert.waitFor({ state: "hidden" });
  await dialog.getByRole("button", { name: "Add server" }).click();
  await dialog.getByText("Give the program and its arguments", { exact: false }).waitFor();
  await focused(dialog.getByRole("textbox", { name: /^Program/ }));
  await dialog.getByRole("button", { name: "Address", exact: true }).click();
  await address.fill(`http://127.0.0.1:${server.port}/elsewhere`);
  await page.keyboard.press("Enter");
  await dialog.getByRole("button", { name: "Give the whole path" }).or(dialog.getByText("plain")).first().waitFor();
  assert.deepEqual(errors, []);
});
