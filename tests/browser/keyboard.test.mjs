// By keyboard alone, and always seeing where one is.
import assert from "node:assert/strict";
import test from "node:test";
import { eventually, focused, openPage, startCore, startScripted } from "./harness.mjs";

const holder = (page) =>
  page.evaluate(() => {
    const at = document.activeElement;
    return at === document.body ? "body" : (at.getAttribute("aria-label") ?? at.id ?? at.tagName);
  });

/** Whether one sees where the keyboard is: the element has an outline, or its active row has. */
const isSeen = (page) =>
  page.evaluate(() => {
    const at = document.activeElement;
    const active = at.getAttribute("aria-activedescendant");
    const shown = active ? document.getElementById(active) : at;
    const around = [shown, shown?.closest(".fbox"), shown?.parentElement].filter(Boolean);
    return around.some((one) => {
      const style = getComputedStyle(one);
      return style.outlineStyle !== "none" && Number.parseFloat(style.outlineWidth) > 0;
    });
  });

test("a server is added with its token, mended, called, and what was done undone twice and redone once", async (t) => {
  const tools = [{ name: "look", inputSchema: { type: "object" }, annotations: { readOnlyHint: true } }];
  const server = await startScripted(t, { name: "guarded", tools, token: "s3cret" });
  const core = await startCore(t, { config: "health_monitoring:\n  check_interval: 3600\n" });
  const { page, errors } = await openPage(t, core.link);
  const key = (...keys) => keys.reduce((before, one) => before.then(() => page.keyboard.press(one)), Promise.resolve());
  const type = (text) => page.keyboard.type(text);
  const tabTo = async (name) => {
    for (let press = 0; press < 40; press++) {
      const here = await page.evaluate(
        () => document.activeElement.textContent?.trim() || document.activeElement.getAttribute("aria-label"),
      );
      if (here === name) return assert.ok(await isSeen(page), `${name} is seen`);
      await key("Tab");
    }
    assert.fail(`${name} cannot be reached`);
  };
  await page.getByRole("heading", { name: "Discover" }).waitFor();
  await key("Control+2");
  await page.getByRole("heading", { name: "Servers", exact: true }).waitFor();
  await page.waitForFunction(() => document.activeElement !== document.body);
  await key("Control+k");
  await focused(page.getByRole("combobox", { name: "Go to" }));
  await type("add server");
  await key("Enter");
  const address = page.getByRole("textbox", { name: /^Address/ });
  await address.waitFor();
  await focused(address);
  await type(`http://${server.address}`);
  await tabTo("Name and sign-in");
  await key("Enter");
  await page.getByLabel("Token", { exact: true }).waitFor();
  await page.getByLabel("Token", { exact: true }).focus();
  await type("s3cret");
  await key("Enter");
  await page.getByRole("button", { name: "Open in Servers" }).waitFor();
  await tabTo("Open in Servers");
  await key("Enter");
  const drawer = page.getByRole("complementary", { name: "guarded" });
  await drawer
    .getByText(/^Healthy/)
    .first()
    .waitFor();
  await page.waitForFunction(() => document.activeElement !== document.body);

  // It goes down, and is mended at its new address.
  await server.stop();
  await page.getByRole("grid").focus();
  await key("c", "c", "c");
  const other = await startScripted(t, { name: "guarded", tools, token: "s3cret" });
  await page
    .getByRole("grid")
    .getByRole("row")
    .filter({ hasText: "guarded" })
    .getByText(/Down|Degraded/)
    .waitFor();
  await drawer
    .getByText(/Connection refused/)
    .first()
    .waitFor();
  await key("e");
  const edit = page.getByRole("dialog", { name: "Edit guarded" });
  await focused(edit.getByRole("textbox", { name: "Name", exact: true }));
  await edit.getByRole("textbox", { name: /^Address/ }).focus();
  await key("Control+a");
  await type(`http://${other.address}`);
  await edit.getByLabel("Token", { exact: true }).focus();
  await type("s3cret");
  await key("Enter");
  await edit.waitFor({ state: "hidden" });
  await drawer
    .getByText(/^Healthy/)
    .first()
    .waitFor();

  await key("Control+k");
  await focused(page.getByRole("combobox", { name: "Go to" }));
  await type("look");
  await page.getByRole("option", { name: /look/ }).waitFor();
  await key("Enter");
  await page.getByRole("heading", { name: "look" }).waitFor();
  await focused(page.getByRole("button", { name: "Run", exact: true }));
  assert.ok(await isSeen(page));
  await key("Control+Enter");
  await page.getByRole("complementary", { name: "Result" }).getByText("Answered", { exact: true }).waitFor();

  await key("Control+2");
  await page.getByRole("grid").focus();
  const said = page.getByRole("region", { name: "Messages" });
  await key("Control+z");
  await said.getByText("Undone: changed the address", { exact: false }).waitFor();
  await key("Control+z");
  await said.getByText("Undone: added guarded").waitFor();
  await key("Control+y");
  await said.getByText("Redone: added guarded").waitFor();
  await eventually(async () => (await holder(page)) !== "body", true, "the keyboard is somewhere");
  assert.deepEqual(errors, []);
});

test("the row that the keyboard is at is seen as soon as the list has the focus", async (t) => {
  const core = await startCore(t);
  for (const name of ["one", "two"]) {
    const { address } = await startScripted(t, { name });
    await core.call("add", { url: `http://${address}`, name });
  }
  const { page, errors } = await openPage(t, core.link);
  await page.goto(`${core.address}/#/servers`);
  await page.getByRole("row").filter({ hasText: "two" }).waitFor();
  await page.getByRole("button", { name: "Select rows" }).focus();
  await page.keyboard.press("Tab");
  await eventually(() => holder(page), "Servers, worst first");
  assert.ok(await isSeen(page));
  await page.keyboard.press("p");
  await page.getByRole("row").filter({ hasText: "one" }).getByText("Paused").waitFor();
  await page.keyboard.press("Delete");
  await page.getByRole("row").filter({ hasText: "one" }).waitFor({ state: "hidden" });
  await eventually(() => holder(page), "Servers, worst first");
  await eventually(() => isSeen(page), true, "the row that takes its place has the keyboard");
  await page.keyboard.press("Shift+?");
  const list = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  for (const does of [
    "Remove the row",
    "Check the server now",
    "Pause or resume",
    "Edit the server",
    "Undo the newest",
    "Redo what",
  ]) {
    await list.getByText(does, { exact: false }).waitFor();
  }
  assert.deepEqual(errors, []);
});
