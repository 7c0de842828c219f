// Every column sorts, and several servers are changed as one.
import assert from "node:assert/strict";
import test from "node:test";
import { barriers, openPage, startCore, startScripted } from "./harness.mjs";

async function listed(t) {
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
  const { page, rows, head, errors } = await listed(t);
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
  const { core, page, errors } = await listed(t);
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
