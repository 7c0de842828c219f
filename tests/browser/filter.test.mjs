// The filter says what it knows, and nothing else.
import assert from "node:assert/strict";
import test from "node:test";
import { barriers, eventually, openPage, startCore, startScripted } from "./harness.mjs";

async function listed(t, servers) {
  const core = await startCore(t);
  for (const [name, metadata] of Object.entries(servers)) {
    const { address } = await startScripted(t, { name });
    await core.call("add", { url: `http://${address}`, name, metadata });
  }
  const { page, errors } = await openPage(t, core.link);
  await page.goto(`${core.address}/#/servers`);
  const filter = page.getByRole("combobox", { name: "Filter servers" });
  const row = (name) => page.getByRole("grid").getByRole("row").filter({ hasText: name });
  await row(Object.keys(servers)[0]).waitFor();
  return { core, page, errors, filter, row };
}

const ZOO = { "zoo-a": { region: "eu" }, "zoo-b": { region: "us" }, park: {} };

test("a star stands for letters, in the window as on the command line", async (t) => {
  const { core, page, filter, row, errors } = await listed(t, ZOO);
  await filter.fill("name:zoo*");
  await page.getByText("2 of 3", { exact: true }).waitFor();
  await eventually(() => row("park").count(), 0);
  await filter.fill("name:zoo");
  await page.getByText("0 of 3", { exact: true }).waitFor();
  await page.getByText("None of 3 servers passes").waitFor();
  const { ids } = await core.call("order", { filter: "name:(zoo*,park)" });
  assert.equal(ids.length, 3);
  assert.deepEqual(errors, []);
});

test("while an answer is awaited rows dim and nothing is counted, and an error counts nothing", async (t) => {
  const { page, filter, row, errors } = await listed(t, ZOO);
  let answer;
  const held = new Promise((resolve) => {
    answer = resolve;
  });
  await page.route("**/api/v1/order", async (route) => {
    await held;
    await route.continue();
  });
  await filter.fill("name:park");
  await page.getByText("Filtering…", { exact: true }).waitFor();
  const rows = page.getByRole("grid");
  await eventually(() => rows.evaluate((grid) => Number(getComputedStyle(grid).opacity) < 1), true, "old rows dim");
  assert.equal(await page.getByText(/\d of 3/).count(), 0);
  assert.equal(await page.getByText(/None of/).count(), 0);
  answer();
  await page.getByText("1 of 3", { exact: true }).waitFor();
  await page.unroute("**/api/v1/order");

  await filter.fill("tools=>3");
  await page.getByRole("alert").getByText("did you mean “>=”?").waitFor();
  await eventually(() => page.getByText(/\d of 3/).count(), 0);
  await row("park").waitFor();
  assert.deepEqual(errors, []);
});

test("a key that no server has is noted with the nearest one", async (t) => {
  const { page, filter, errors } = await listed(t, ZOO);
  await filter.fill("regoin:eu");
  await page.getByText("No server has “regoin”: did you mean").waitFor();
  await page.getByRole("button", { name: "region", exact: true }).click();
  await page.getByText("1 of 3", { exact: true }).waitFor();
  assert.deepEqual(errors, []);
});

test("the language stands on one page", async (t) => {
  const { page, errors } = await listed(t, ZOO);
  await page.getByRole("button", { name: "The filter language" }).click();
  const dialog = page.getByRole("dialog", { name: "The filter language" });
  await dialog.getByText("name:weather*").waitFor();
  assert.deepEqual(await barriers(page), []);
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
  assert.deepEqual(errors, []);
});

test("typing is answered at once while checks hang", async (t) => {
  const { core, page, filter, errors } = await listed(t, ZOO);
  // Servers that take a call and never answer it.
  const { createServer } = await import("node:net");
  const silent = createServer(() => {});
  await new Promise((resolve) => silent.listen(0, "127.0.0.1", resolve));
  t.after(() => silent.close());
  for (let at = 0; at < 8; at++) {
    await core.call("add", {
      url: `http://127.0.0.1:${silent.address().port}/${at}`,
      name: `hangs ${at}`,
      no_probe: true,
    });
  }
  await page.getByText("11 servers").first().waitFor();
  await page.getByRole("grid").focus();
  await page.keyboard.press("Control+a");
  await page.getByRole("button", { name: "Check now" }).click();
  await page.getByText("Checking…").first().waitFor();
  const times = [];
  for (const text of ["n", "na", "name", "name:z", "name:zo*"]) {
    const began = Date.now();
    const answer = page.waitForResponse("**/api/v1/order");
    await filter.fill(text);
    await answer;
    times.push(Date.now() - began);
  }
  t.diagnostic(`answered after ${times.join(", ")} ms`);
  assert.ok(Math.max(...times) < 1_000, `${times}`);
  assert.deepEqual(errors, []);
});
