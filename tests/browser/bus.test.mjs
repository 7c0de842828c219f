// A page follows by events: ordinary traffic, and what is done on it, are no reason to read its list again.
import assert from "node:assert/strict";
import test from "node:test";
import { openPage, startCore, startEverything } from "./harness.mjs";

/** Counts the lists that a page reads. */
function counted(page) {
  const asked = { servers: 0 };
  page.on("request", (request) => {
    if (/\/api\/v1\/servers$/.test(request.url())) asked.servers += 1;
  });
  return asked;
}

/** The names in the list of the page, as the core orders them, once it shows so many. */
async function shows(page, core) {
  const { servers } = await core.call("servers", {});
  const names = servers.map(({ name }) => name);
  await page.waitForFunction(
    (expected) => {
      const cells = [...document.querySelectorAll("[role=grid] .name")];
      const shown = cells.map((cell) => cell.firstChild.textContent.trim());
      return JSON.stringify(shown) === JSON.stringify(expected);
    },
    names,
    { timeout: 20_000 },
  );
  return names;
}

test("calls, a scan of closed ports and the demo cause no second reading, and the list is right", async (t) => {
  const server = await startEverything(t);
  const core = await startCore(t);
  await core.call("add", { url: `http://${server.address}`, name: "every" });
  const { page } = await openPage(t, core.link);
  await page.goto(`${core.address}/#/servers`);
  await page.getByRole("grid").getByText("every").waitFor();
  const asked = counted(page);

  const call = { capability: "echo", server: "every", arguments: { message: "x" } };
  for (let round = 0; round < 100; round++)
    await Promise.all(Array.from({ length: 10 }, () => core.call("call", call)));
  await shows(page, core);

  await core.call("scan_start", { targets: ["127.0.0.1"], ports: ["20001-40000"] });
  let report = await core.call("scan", {});
  while (report.scan.state === "running") report = await core.call("scan", {});
  assert.equal(report.scan.done, 20_000);

  await core.call("demo_start", {});
  assert.equal((await shows(page, core)).length, 7);
  await core.call("demo_stop", {});
  await shows(page, core);
  assert.equal(asked.servers, 0);
});

test("what is done on the page shows without reading the list again", async (t) => {
  const core = await startCore(t, { config: "health_monitoring:\n  enabled: false\n" });
  for (const name of ["a", "b", "c"])
    await core.call("add", { url: `http://127.0.0.1:9/${name}`, name, no_probe: true });
  const { page } = await openPage(t, core.link);
  await page.goto(`${core.address}/#/servers`);
  await page.getByRole("grid").getByText("c", { exact: true }).waitFor();
  const asked = counted(page);

  await page.getByRole("grid").focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("Delete");
  await page.getByText("Removed a").waitFor();
  assert.deepEqual(await shows(page, core), ["b", "c"], "while the focus is in the list, too");
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByText("Restored a").waitFor();
  assert.deepEqual(await shows(page, core), ["a", "b", "c"]);
  assert.equal(asked.servers, 0);
});
