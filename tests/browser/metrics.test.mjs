// Where figures are scraped, by whom, and what to write in the configuration of Prometheus.
import assert from "node:assert/strict";
import test from "node:test";
import { barriers, eventually, openPage, startCore } from "./harness.mjs";

const AGENT = "Prometheus/2.42.0";

test("activity and settings show the last scrape and copy the scrape config", async (t) => {
  const core = await startCore(t, { config: "metrics:\n  exporters: [prometheus]\n", flags: ["--no-local-discovery"] });
  const { page, errors } = await openPage(t, core.link);
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.goto(`${core.address}/#/activity`);
  const line = page.getByRole("region", { name: "Exports of metrics" });
  await line.getByText(`${core.address}/metrics`).waitFor();
  await line.getByText("Not scraped yet").waitFor();

  const scraped = await fetch(`${core.address}/metrics`, { headers: { "user-agent": `${AGENT} <b>x</b>` } });
  assert.match(await scraped.text(), /^mcp_discovery_build_info\{version="[\d.]+"\} 1$/m);
  // What a scraper calls itself is text, and no markup.
  await line.getByText(`by ${AGENT} <b>x</b> at 127.0.0.1`).waitFor();
  assert.deepEqual(await barriers(page), []);

  await page.goto(`${core.address}/#/settings/metrics`);
  await line.getByText(`by ${AGENT} <b>x</b> at 127.0.0.1`).waitFor();
  await line.getByRole("button", { name: "Copy scrape config" }).click();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(copied, /^scrape_configs:\n {2}- job_name: mcp-discovery\n/);
  assert.ok(copied.includes(`"${new URL(core.address).host}"`), copied);
  assert.deepEqual(await barriers(page), []);

  const { text, base } = await core.call("config", {});
  const draft = text.replace("[prometheus]", "[json]");
  await core.call("config_save", { text: draft, base, by: "browser" });
  await line.getByText("Prometheus cannot scrape").waitFor();
  await eventually(async () => /written/.test(await line.innerText()), true, "the file is told");
  assert.deepEqual(errors, []);
});
