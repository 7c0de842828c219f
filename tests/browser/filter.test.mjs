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
  await page.getByText("None of 3 servers matches").waitFor();
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

// Every column sorts, and several servers are changed as one.

async function sortedList(t) {
  const core = await startCore(t);
  for (const [name, region, tools] of [
    ["alpha", "us", 2],
    ["beta", "eu", 10],
    ["gamma", null, 1],
  ]) {
    const list = Array.from({ length: tools }, (_, at) => ({ name: `t${at}`, inputSchema: { type: "object" } }));
    const { address } = await startScripted(t, { name, tools: list });
    await core.call("add", { url: `http://${address}`, name, metadata: region ? { region } : {} });
  }
  const { page, errors } = await openPage(t, core.link, { size: [1920, 1080] });
  await page.goto(`${core.address}/#/servers`);
  const rows = page.getByRole("grid").locator("[role=row][id]");
  await rows.nth(2).waitFor();
  const head = (name) => page.getByRole("columnheader", { name }).getByRole("button");
  return { core, page, errors, rows, head };
}

test("every column sorts by click and by key, and worst first comes back", async (t) => {
  const { page, rows, head, errors } = await sortedList(t);
  await page.getByRole("button", { name: "Columns" }).click();
  for (const name of ["Tools", "Transport", "Source", "Version"])
    await page.getByRole("menuitemcheckbox", { name }).click();
  await page.keyboard.press("Escape");
  /** Waits until the rows stand so; a click is answered before the page is drawn anew. */
  const stand = (names, why) =>
    page
      .waitForFunction((wanted) => {
        const shown = [...document.querySelectorAll("[role=grid] [role=row][id]")];
        // Rows are moved by what they are shifted, and stand in the page in any order.
        shown.sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top);
        return shown.map((row) => /alpha|beta|gamma/.exec(row.textContent)?.[0]).join() === wanted;
      }, names)
      .catch(async () => assert.fail(`${why}: not ${names}, but ${await rows.allInnerTexts()}`));
  await head("Name").click();
  await stand("alpha,beta,gamma", "by name");
  await head("Name").press("Enter");
  await stand("gamma,beta,alpha", "by name, the other way");
  await head("Region").click();
  await stand("beta,alpha,gamma", "what has none stands last");
  await head("Tools").press("Space");
  await stand("gamma,alpha,beta", "numbers are compared as numbers");
  await head("Tools").click();
  await stand("beta,alpha,gamma", "by tools, the other way");
  assert.equal(await page.getByRole("columnheader", { name: "Tools" }).getAttribute("aria-sort"), "descending");
  await page.reload();
  await stand("beta,alpha,gamma", "it is remembered");
  // Each column there is takes a click and a key, and says which way it sorts.
  const titles = await page.getByRole("columnheader").allInnerTexts();
  assert.deepEqual(
    titles.map((title) => title.trim()),
    ["Status", "Name", "Why, or address", "Region", "Response", "Tools", "Transport", "Source", "Version"],
  );
  for (const title of titles.slice(1)) {
    await head(title).focus();
    const sorted = (way) =>
      page
        .getByRole("columnheader", { name: title.trim() })
        .and(page.locator(`[aria-sort=${way}]`))
        .waitFor();
    await head(title).press("Enter");
    await sorted("ascending");
    await head(title).click();
    await sorted("descending");
  }
  await head("Status").click();
  await page.getByRole("columnheader", { name: "Status, worst first" }).waitFor();
  await stand("alpha,beta,gamma", "worst first, then by name");
  assert.deepEqual(await barriers(page), []);
  assert.deepEqual(errors, []);
});

test("several servers get a region and tags as one change", async (t) => {
  const { core, page, errors } = await sortedList(t);
  await page.getByRole("grid").focus();
  await page.keyboard.press("Control+a");
  await page.getByRole("button", { name: "Label…" }).click();
  const dialog = page.getByRole("dialog", { name: "Label 3 servers" });
  await dialog.getByRole("button", { name: "Label 3 servers" }).click();
  await dialog.getByText("Fill in at least one field").waitFor();
  await dialog.getByLabel("Region").fill("eu-west");
  await dialog.getByLabel("Add tags").fill("news, gpu");
  await dialog.getByLabel("Key 1", { exact: true }).fill("priority");
  await dialog.getByLabel("Value 1").fill("8");
  await dialog.getByRole("button", { name: "Add a key" }).press("Enter");
  await page.waitForFunction(() => document.activeElement?.getAttribute("aria-label") === "Key 2");
  await page.keyboard.type("priority");
  await dialog.getByLabel("Value 2").fill("data-team");
  await dialog.getByRole("button", { name: "Label 3 servers" }).click();
  await dialog.getByText("“priority” is given twice").waitFor();
  await dialog.getByLabel("Key 2", { exact: true }).fill("owner");
  assert.deepEqual(await barriers(page), []);
  await dialog.getByRole("button", { name: "Label 3 servers" }).click();
  await dialog.waitFor({ state: "hidden" });
  const { ids } = await core.call("order", { filter: "region:eu-west priority>=8 owner:data-team capability:gpu" });
  assert.equal(ids.length, 3);
  await page.getByRole("region", { name: "Messages" }).getByRole("button", { name: "Undo" }).click();
  await page.getByText("Undone: changed the tags and the data of 3 servers").waitFor();
  assert.equal((await core.call("order", { filter: "region:eu-west" })).ids.length, 0);
  assert.deepEqual(errors, []);
});

test("removing more than twenty names the count before", async (t) => {
  const core = await startCore(t);
  for (let at = 0; at < 21; at++)
    await core.call("add", { url: `http://127.0.0.1:9/${at}`, name: `s${at}`, no_probe: true });
  const { page, errors } = await openPage(t, core.link);
  await page.goto(`${core.address}/#/servers`);
  await page.getByText("21 servers").first().waitFor();
  await page.getByRole("grid").focus();
  await page.keyboard.press("Control+a");
  await page.keyboard.press("Delete");
  const dialog = page.getByRole("dialog", { name: "Remove 21 servers?" });
  await dialog.getByRole("button", { name: "Cancel" }).click();
  assert.equal((await core.call("order", {})).ids.length, 21);
  await page.getByRole("button", { name: "Remove", exact: true }).click();
  await dialog.getByRole("button", { name: "Remove 21 servers" }).click();
  await page.getByRole("heading", { name: "No servers yet" }).waitFor();
  assert.deepEqual(errors, []);
});
