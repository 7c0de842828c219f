// Nobody is kept out, also with servers at work and at 200 % zoom; every face at rest is in axe.test.mjs.
import assert from "node:assert/strict";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { barriers, command, openPage, startCore, startEverything, startScripted } from "./harness.mjs";
import { agreed, pressRun } from "./playground.mjs";

const CONFIG = "health_monitoring:\n  check_interval: 1\n  timeout: 1\n  max_failures: 1\n";

/** A list with something of everything: healthy, down, paused, a region, a command. */
async function start(t, look) {
  const everything = await startEverything(t);
  const gone = await startScripted(t, { name: "gone", tools: [] });
  const core = await startCore(t, { config: CONFIG });
  const { server } = await core.call("add", { url: `http://${everything.address}`, metadata: { region: "eu" } });
  const { server: paused } = await core.call("add", { url: `http://${gone.address}` });
  await core.call("pause", { ids: [paused.id] });
  await core.call("add", { url: "http://127.0.0.1:9/mcp", name: "nowhere", no_probe: true });
  await core.call("call", { capability: "echo", server: server.id, arguments: {} });
  const { page, errors } = await openPage(t, core.link, look);
  const fine = async (place) => assert.deepEqual(await barriers(page), [], place);
  return { core, server, page, errors, fine };
}

/** 1280 × 800 at 200 %. */
const ZOOMED = { theme: "light", size: [640, 400] };
const LOOKS = [{ theme: "light", size: [1280, 800] }, { theme: "dark", size: [1280, 800] }, ZOOMED];

test("Discover and its dialogs, zoomed", async (t) => {
  const { page, fine } = await start(t, ZOOMED);
  await page.getByRole("table").or(page.getByRole("grid")).first().waitFor();
  await fine("Discover");
  await page.getByRole("button", { name: /^Scan other addresses/ }).click();
  await page.getByRole("textbox").first().waitFor();
  await fine("the form of a scan");
  await page.getByRole("button", { name: "Add by URL" }).click();
  await page.getByRole("dialog").waitFor();
  await fine("adding by address");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Import file…" }).click();
  await page.getByRole("dialog").waitFor();
  await fine("import");
});

test("Servers, its drawer and its dialogs, zoomed", async (t) => {
  const { core, server, page, fine, errors } = await start(t, ZOOMED);
  await page.goto(`${core.address}/#/servers`);
  const grid = page.getByRole("grid");
  await grid.getByText("Down").waitFor();
  await fine("the list");
  await page.getByRole("combobox", { name: "Filter servers" }).fill("re");
  await page.getByRole("option").first().waitFor();
  await fine("completion");
  await page.getByRole("combobox", { name: "Filter servers" }).fill("region:mars");
  await page.getByRole("heading", { name: "No server matches" }).waitFor();
  await fine("nothing found");
  await page.getByRole("combobox", { name: "Filter servers" }).fill("");
  await page.getByRole("button", { name: "Select rows" }).click();
  await page.getByRole("checkbox", { name: "Select nowhere" }).check();
  await fine("selecting");
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByRole("button", { name: /^Group/ }).click();
  await page.getByRole("menu").waitFor();
  await fine("the menu of groups");
  await page.keyboard.press("Escape");

  await page.goto(`${core.address}/#/servers/${server.id}`);
  const drawer = page.getByRole("complementary");
  for (const tab of ["Overview", "Tools", "Health", "Logs", "Raw"]) {
    await drawer.getByRole("tab", { name: new RegExp(`^${tab}`) }).click();
    await drawer
      .getByRole("tabpanel", { name: new RegExp(`^${tab}`) })
      .getByRole("heading")
      .or(drawer.getByText("The record as it is stored"))
      .or(drawer.getByRole("list"))
      .first()
      .waitFor();
    await fine(`drawer, ${tab}`);
  }
  await drawer.getByRole("button", { name: "More actions" }).click();
  await page.getByRole("menuitem", { name: /^Edit/ }).click();
  await page.getByRole("dialog").waitFor();
  await fine("edit");
  await page.keyboard.press("Escape");
  for (const [item, heading] of [
    [/^Export/, /^Export/],
    [/^Recently removed/, /removed/i],
  ]) {
    await page.goto(`${core.address}/#/servers`);
    await page.getByRole("button", { name: "More about the list" }).click();
    await page.getByRole("menuitem", { name: item }).click();
    await page.getByRole("dialog").getByRole("heading", { name: heading }).first().waitFor();
    await fine(String(item));
    await page.keyboard.press("Escape");
  }
  await core.call("remove", { ids: [server.id] });
  await page.keyboard.press("?");
  await page.getByRole("heading", { name: "Keyboard shortcuts" }).waitFor();
  await fine("shortcuts");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+k");
  await page.getByRole("dialog").waitFor();
  await fine("palette");
  assert.deepEqual(errors, []);
});

for (const look of LOOKS) {
  const called = `${look.theme}, ${look.size.join(" by ")}`;

  test(`Playground with each kind of answer (${called})`, async (t) => {
    const { core, server, page, fine } = await start(t, look);
    const result = page.getByRole("complementary", { name: "Result" });
    const open = async (tool) => {
      await page.goto(`${core.address}/#/playground/${server.id}/${tool}`);
      await page.getByRole("heading", { name: tool, exact: true }).waitFor();
    };
    const run = async () => {
      await page
        .getByRole("button", { name: /^Run( anyway)?$/ })
        .last()
        .click();
      await agreed(page);
      await page.getByRole("button", { name: "Run", exact: true }).waitFor();
    };
    await open("echo");
    await fine("before a call");
    await pressRun(page);
    await page.getByText("message is required").waitFor();
    await fine("a field to fix");
    await run();
    await result.getByRole("tab", { name: "Result" }).waitFor();
    await fine("an answer");
    await page.getByRole("tab", { name: /^JSON/ }).click();
    await fine("JSON");
    await page.getByRole("tab", { name: /^Form/ }).click();
    for (const tool of ["get-tiny-image", "get-structured-content", "get-resource-links"]) {
      await open(tool);
      await run();
      await fine(tool);
    }
    await page.getByRole("button", { name: "Pin", exact: true }).click();
    for (const tab of ["Raw", "Timing", "Compare"]) {
      await result.getByRole("tab", { name: tab }).click();
      await fine(tab);
    }
    await open("trigger-long-running-operation");
    await pressRun(page);
    await result.getByRole("progressbar").waitFor();
    await fine("while it runs");
    await result.getByRole("button", { name: "Cancel the call" }).click();
    await result.getByRole("tab", { name: "Result" }).click();
    await result.getByText("You cancelled the call").waitFor();
    await fine("cancelled");
  });
}

test("who asks for less motion gets none", async (t) => {
  const core = await startCore(t);
  const { page } = await openPage(t, core.link);
  await page.getByRole("heading", { name: "Discover" }).first().waitFor();
  await page.keyboard.press("Control+k");
  await page.getByRole("dialog").waitFor();
  const moving = await page.evaluate(
    () =>
      document.getAnimations().filter((animation) => Number(animation.effect?.getComputedTiming().duration) > 1).length,
  );
  assert.equal(moving, 0);
});

// How a browser gets in, stays in, and is sent out.

test("a tab that was open before a restart comes back by itself, until its access is revoked", async (t) => {
  const first = await startCore(t);
  const server = await startScripted(t, { name: "one" });
  await first.call("add", { url: `http://${server.address}` });
  const { page, errors } = await openPage(t, first.link);
  await page.keyboard.press("Control+2");
  await page.getByRole("grid").getByText("one").first().waitFor();
  await first.stop();
  await page.getByText("MCP Discovery does not answer. What you see may be out of date.").waitFor();
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
