// Changes of earlier days stand under their day.
import assert from "node:assert/strict";
import test from "node:test";
import { openPage, startCore, startScripted } from "./harness.mjs";

test("changes of a server stand under their days, and yesterday is one of the calendar", async (t) => {
  const core = await startCore(t);
  const server = await startScripted(t, { name: "one" });
  const { server: row } = await core.call("add", { url: `http://${server.address}` });
  const { page, errors } = await openPage(t, core.link);
  await page.goto(`${core.address}/#/servers/${row.id}`);
  const drawer = page.getByRole("complementary", { name: "one" });
  await drawer.getByRole("tab", { name: "Health" }).click();
  await drawer.getByRole("list", { name: "Changes, Today" }).getByRole("listitem").first().waitFor();

  const tomorrow = new Date();
  tomorrow.setHours(24, 1, 0, 0);
  await page.clock.setFixedTime(tomorrow);
  const list = drawer.getByRole("list", { name: "Changes, Yesterday" });
  await list.getByRole("listitem").first().waitFor();
  await drawer.getByRole("heading", { name: "Yesterday" }).waitFor();
  const cut = await list.evaluate((element) =>
    [...element.querySelectorAll("li > span")].some((span) => span.scrollWidth > span.clientWidth + 1),
  );
  assert.equal(cut, false, "the time and the text do not lie on each other");
  assert.match(await list.getByRole("listitem").first().innerText(), /^\d\d:\d\d:\d\d/);
  assert.deepEqual(errors, []);
});
