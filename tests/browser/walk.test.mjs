// What people do, by role and name, against a real core and a real MCP server.
import assert from "node:assert/strict";
import test from "node:test";
import { eventually, openPage, startCore, startEverything } from "./harness.mjs";
import { pressRun } from "./playground.mjs";

/** The server first: the core looks at this computer as soon as it runs. */
async function start(t) {
  const server = await startEverything(t);
  return { server, core: await startCore(t) };
}

/** Finds the server on Discover and adds it; ends on Discover. */
async function keep(page, server) {
  const row = page.getByRole("row").filter({ hasText: server.address });
  await row.getByRole("checkbox").check();
  await page.getByRole("button", { name: "Add 1 server" }).click();
  await row.getByRole("link", { name: /^Known/ }).waitFor();
}

const toScreen = (page, name) => page.getByRole("navigation", { name: "Screens" }).getByRole("link", { name }).click();
const rowOf = (page, server) => page.getByRole("grid").getByRole("row").filter({ hasText: server.address });

test("a running server is found, kept and called", async (t) => {
  const { core, server } = await start(t);
  const { page, errors } = await openPage(t, core.link);
  await page.getByText("Nothing leaves this computer").first().waitFor();
  await keep(page, server);
  assert.doesNotMatch(page.url(), /token/, "the token is taken out of the address bar");

  await toScreen(page, "Servers");
  await rowOf(page, server).getByText("Healthy").waitFor();
  await rowOf(page, server).click();
  await page.getByRole("tab", { name: /^Tools/ }).click();
  await page.getByRole("button", { name: "Try echo", exact: true }).click();

  await page.getByRole("heading", { name: "echo" }).waitFor();
  await page.getByRole("textbox", { name: /^message/ }).fill("hello from a browser");
  await pressRun(page);
  const result = page.getByRole("complementary", { name: "Result" });
  await result.getByText("Answered").waitFor();
  await result.getByText("Echo: hello from a browser").waitFor();
  assert.deepEqual(errors, []);
});

test("a filter narrows the list and says what is wrong with it", async (t) => {
  const { core, server } = await start(t);
  const { page } = await openPage(t, core.link);
  await keep(page, server);
  await toScreen(page, "Servers");
  const filter = page.getByRole("combobox", { name: "Filter servers" });

  await filter.fill("tools>=3");
  await page.getByText("1 of 1").waitFor();
  await rowOf(page, server).waitFor();

  await filter.fill("region:mars");
  await page.getByRole("heading", { name: "No server matches" }).waitFor();
  await page.getByRole("button", { name: "Clear the filter" }).last().click();
  await rowOf(page, server).waitFor();

  await filter.fill("is:sleepy");
  await page
    .getByRole("alert")
    .filter({ hasText: /sleepy/ })
    .waitFor();
  await rowOf(page, server).waitFor();
});

test("what was removed comes back, by the toast, by Ctrl+Z and from the list of removed servers", async (t) => {
  const { core, server } = await start(t);
  const { page } = await openPage(t, core.link);
  await keep(page, server);
  await toScreen(page, "Servers");
  const row = rowOf(page, server);
  const remove = async () => {
    await row.click();
    await page.getByRole("complementary").getByRole("button", { name: "Remove" }).click();
    await page.getByRole("heading", { name: "No servers yet" }).waitFor();
  };

  await remove();
  await page.getByRole("button", { name: "Undo" }).last().click();
  await row.waitFor();

  await remove();
  await page.keyboard.press("Control+z");
  await row.waitFor();

  await remove();
  await page.getByRole("button", { name: "Recently removed" }).click();
  await page
    .getByRole("dialog")
    .getByRole("button", { name: /^Restore/ })
    .click();
  await page.getByText("Nothing was removed").waitFor();
  await page.keyboard.press("Escape");
  await row.waitFor();
});

test("a removed server stays removed, and its undo works, after a restart", async (t) => {
  const { core: first, server } = await start(t);
  const { page } = await openPage(t, first.link);
  await keep(page, server);
  await toScreen(page, "Servers");
  await rowOf(page, server).click();
  await page.getByRole("complementary").getByRole("button", { name: "Remove" }).click();
  await page.getByRole("heading", { name: "No servers yet" }).waitFor();
  await first.stop();
  await page.getByText("MCP Discovery does not answer").waitFor();

  const second = await startCore(t, { dataDir: first.data });
  const { page: after } = await openPage(t, second.link);
  await toScreen(after, "Servers");
  await after.getByRole("heading", { name: "No servers yet" }).waitFor();
  await after.keyboard.press("Control+z");
  await rowOf(after, server).waitFor();
});

test("a call that fails shows which of the three failures it is", async (t) => {
  const { core, server } = await start(t);
  const { page } = await openPage(t, core.link);
  await keep(page, server);
  await toScreen(page, "Playground");
  const result = page.getByRole("complementary", { name: "Result" });
  const json = page.getByRole("textbox", { name: "Arguments as JSON" });
  await page.getByRole("link", { name: /^get-sum/ }).click();
  await page.getByRole("tab", { name: /^JSON/ }).click();

  await json.fill('{"a": 2, "b": tru');
  await page.getByText(/Line 1, column 15/).waitFor();
  assert.ok(
    await page.getByRole("button", { name: "Run", exact: true }).isDisabled(),
    "what is no JSON cannot be sent",
  );

  await json.fill('{"a": 2, "b": 3}');
  await json.press("Control+Enter");
  await result.getByText(/sum of 2 and 3 is 5/).waitFor();

  await json.fill('{"a": "two", "b": 3}');
  await json.press("Control+Enter");
  await result
    .getByText(/The tool said it failed|Refused by the protocol/)
    .first()
    .waitFor();

  await server.stop();
  await json.fill('{"a": 2, "b": 4}');
  await json.press("Control+Enter");
  await result.getByText("No usable answer").first().waitFor();
});

test("a long call shows its progress and can be cancelled", async (t) => {
  const { core, server } = await start(t);
  const { page } = await openPage(t, core.link);
  await keep(page, server);
  await toScreen(page, "Playground");
  await page.getByRole("link", { name: /^trigger-long-running-operation/ }).click();
  await page.getByRole("tab", { name: /^JSON/ }).click();
  await page.getByRole("textbox", { name: "Arguments as JSON" }).fill('{"duration": 20, "steps": 40}');
  await pressRun(page);

  const result = page.getByRole("complementary", { name: "Result" });
  await result.getByRole("progressbar", { name: "Progress of the call" }).waitFor();
  await result.getByRole("button", { name: "Cancel the call" }).click();
  await result.getByText("You cancelled the call").waitFor();
});

test("without the link's token the page says how to get in, and nothing else", async (t) => {
  const core = await startCore(t);
  const { page } = await openPage(t, core.address);
  await page.getByRole("heading", { name: "This browser is not signed in" }).waitFor();
  await eventually(() => page.getByRole("navigation").count(), 0);
});

test("the theme is chosen, kept and changes the colours", async (t) => {
  const core = await startCore(t);
  const { page } = await openPage(t, core.link);
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await page.getByRole("button", { name: "Theme: system" }).click();
  await page.getByRole("button", { name: "Theme: light" }).waitFor();
  const light = await background();
  await page.getByRole("button", { name: "Theme: light" }).click();
  await page.getByRole("button", { name: "Theme: dark" }).waitFor();
  const dark = await background();
  assert.notEqual(dark, light);
  await page.reload();
  await page.getByRole("button", { name: "Theme: dark" }).waitFor();
  await eventually(background, dark);
});

test("the keyboard alone finds, keeps and calls", async (t) => {
  const { core, server } = await start(t);
  const { page } = await openPage(t, core.link);
  const focused = () =>
    page.evaluate(
      () => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent ?? "",
    );
  /** Presses Tab until the focus is on something with this name. */
  const tabTo = async (name) => {
    for (let step = 0; step < 60; step++) {
      if (name.test((await focused()).trim())) return;
      await page.keyboard.press("Tab");
    }
    assert.fail(`Tab does not reach ${name}, but ends on “${await focused()}”`);
  };
  await page.getByRole("row").filter({ hasText: server.address }).getByRole("checkbox").waitFor();

  // This one alone: other servers may run on this computer, with an `echo` of their own.
  await tabTo(new RegExp(`^Select .*:${server.port}`));
  await page.keyboard.press("Space");
  await tabTo(/^Add \d+ servers?$/);
  await page.keyboard.press("Enter");
  await page
    .getByRole("row")
    .filter({ hasText: server.address })
    .getByRole("link", { name: /^Known/ })
    .waitFor();

  await page.keyboard.press("Control+2");
  await rowOf(page, server).waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type(String(server.port));
  await page.getByText(/^1 of /).waitFor();
  await tabTo(/^Servers, worst first/);
  await page.keyboard.press("Home");
  await page.keyboard.press("Enter");
  await page.getByRole("complementary").getByRole("tab", { name: "Overview" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("complementary").waitFor({ state: "detached" });
  const isBack = async () => /^Servers, worst first|Status, worst first/.test(await focused());
  await eventually(isBack, true, "focus is back in the list");

  await page.keyboard.press("Control+k");
  await page.keyboard.type("echo");
  await page.getByRole("option", { name: /echo/ }).first().waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "echo" }).waitFor();
  await page.getByRole("textbox", { name: /^message/ }).focus();
  await page.keyboard.type("typed");
  await page.keyboard.press("Control+Enter");
  await page.getByText("Echo: typed").waitFor();
});
