// Scans are kept side by side, and what they say is what one does next.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createServer as createTarpit } from "node:net";
import { join } from "node:path";
import test from "node:test";
import { eventually, openPage, startCore, startScripted, temporaryFolder } from "./harness.mjs";

const listen = (t, server) =>
  new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve(server.address().port));
    t.after(() => server.close());
  });

test("a new scan keeps the last one, kinds are counted, and who was removed is not new", async (t) => {
  const mcp = await startScripted(t, { name: "keeper" });
  const page200 = () =>
    createServer((_, response) => response.writeHead(200, { "content-type": "text/html" }).end("<html>"));
  const ports = [mcp.port, await listen(t, page200()), await listen(t, page200())];
  const core = await startCore(t, { flags: ["--no-local-discovery"] });
  const scan = async (of) => {
    const { id } = await core.call("scan_start", { targets: ["127.0.0.1"], ports: of.map(String) });
    for (;;) {
      const { scan: now } = await core.call("scan", { scan: id });
      if (now.state !== "running") return id;
    }
  };
  await scan(ports);
  const { page, errors } = await openPage(t, core.link);
  await page.getByRole("heading", { name: /^Found by the scan:/ }).waitFor();
  await page.getByRole("heading", { name: "In your list" }).waitFor();
  await page.getByRole("button", { name: /Answers, but not MCP · 2/ }).click();
  await page.getByText("2 web pages").waitFor();
  const row = page.getByRole("row").filter({ hasText: "keeper" });
  await row.getByText("New", { exact: true }).waitFor();
  await row.getByRole("checkbox").check();
  await page.getByRole("button", { name: "Add 1 server" }).click();
  const known = row.getByRole("link", { name: /^Known/ });
  await known.waitFor();
  const { ids } = await core.call("order", {});
  await core.call("remove", { ids });
  await row.getByText("Removed by you").waitFor();

  await scan([ports[1]]);
  const choice = page.getByRole("combobox", { name: "Scan to show" });
  await choice.waitFor();
  await row.waitFor({ state: "hidden" });
  await eventually(() => choice.getByRole("option").count(), 2);
  await choice.selectOption({ index: 1 });
  await row.getByText("Removed by you").waitFor();
  assert.deepEqual(errors, []);
});

test("mistakes of a scan are told as one types, and figures are separated", async (t) => {
  const core = await startCore(t, { flags: ["--no-local-discovery"] });
  const { page, errors } = await openPage(t, core.link);
  await page.getByRole("button", { name: "Scan this computer" }).click();
  await page.getByRole("button", { name: "Scan other addresses…" }).click();
  const form = page.getByRole("form", { name: "Scan other addresses" });
  const addresses = form.getByRole("textbox", { name: /^Addresses/ });
  await addresses.pressSequentially("no such host!", { delay: 5 });
  await addresses.fill("127.0.0.1/33");
  await form.getByRole("alert").getByText(/33/).waitFor();
  assert.doesNotMatch(await form.getByRole("alert").innerText(), /`/);
  await addresses.fill("127.0.0.0/18");
  await form.getByRole("textbox", { name: /^Ports/ }).fill("1-20");
  await form.getByText("16,382").waitFor();
  await form.getByText(/= 327,640 probes/).waitFor();
  assert.deepEqual(errors, []);
});

test("an import shows what will be done before it does it", async (t) => {
  const core = await startCore(t);
  await core.call("add", { url: "http://127.0.0.1:9/old", name: "old", no_probe: true });
  const folder = await temporaryFolder(t);
  const file = join(folder, "servers.json");
  const entry = (name, url) => ({ id: name, name, url, transport: "http" });
  await writeFile(
    file,
    JSON.stringify({
      servers: [
        entry("renamed", "http://127.0.0.1:9/old"),
        entry("fresh", "http://127.0.0.1:9/fresh"),
        { name: "broken" },
      ],
    }),
  );
  const { page, errors } = await openPage(t, core.link);
  await page.goto(`${core.address}/#/servers`);
  await page.getByRole("button", { name: "More about the list" }).click();
  await page.getByRole("menuitem", { name: /^Import/ }).click();
  const dialog = page.getByRole("dialog", { name: "Import servers" });
  await dialog.getByLabel("File to import").setInputFiles(file);
  const fates = dialog.getByRole("list", { name: "What will be done" }).getByRole("listitem");
  await fates.filter({ hasText: "fresh" }).getByText("Add", { exact: true }).waitFor();
  await fates.filter({ hasText: "renamed" }).getByText("Update", { exact: true }).waitFor();
  await dialog
    .getByRole("list", { name: "Refused or corrected" })
    .getByText(/broken/)
    .waitFor();
  assert.equal((await core.call("order", {})).ids.length, 1, "nothing is kept yet");
  await dialog.getByRole("button", { name: "Import 2 servers" }).click();
  await dialog.getByText("1 server added, 1 updated").waitFor();
  assert.equal((await core.call("order", {})).ids.length, 2);
  assert.deepEqual(errors, []);
});

test("adding many has a count and can be stopped", async (t) => {
  const servers = [];
  for (let at = 0; at < 3; at++) servers.push(await startScripted(t, { name: `s${at}` }));
  const core = await startCore(t, { flags: ["--no-local-discovery"] });
  const { id } = await core.call("scan_start", {
    targets: ["127.0.0.1"],
    ports: servers.map(({ port }) => String(port)),
  });
  for (;;) if ((await core.call("scan", { scan: id })).scan.state !== "running") break;
  const { page, errors } = await openPage(t, core.link);
  await page.getByRole("checkbox", { name: "Select all" }).check();
  let go;
  const held = new Promise((resolve) => {
    go = resolve;
  });
  await page.route("**/api/v1/add", async (route) => {
    await held;
    await route.continue();
  });
  await page.getByRole("button", { name: "Add 3 servers" }).click();
  await page.getByText("Adding 1 of 3").waitFor();
  await page.getByRole("button", { name: "Cancel", exact: true }).click();
  go();
  await page.getByText("Added 1 server").waitFor();
  assert.equal((await core.call("order", {})).ids.length, 1);
  assert.deepEqual(errors, []);
});

test("a port that keeps the scan waiting is counted apart, and no time left is made up for it", async (t) => {
  const server = await startScripted(t, { name: "quick" });
  const tarpit = createTarpit(() => {});
  const port = await listen(t, tarpit);
  const core = await startCore(t, { flags: ["--no-local-discovery"] });
  const { page, errors } = await openPage(t, core.link);
  await core.call("scan_start", {
    targets: ["127.0.0.1"],
    ports: [String(server.port), String(port)],
    timeout: 60,
  });
  const scan = page.getByRole("region", { name: "Scan" });
  await scan.getByText("waiting for 1 slow port, at most 1 min").waitFor();
  await scan.getByText("50 %").waitFor();
  await eventually(() => scan.getByText(/about .* left/).count(), 0);
  assert.equal((await core.call("scan", {})).scan.slow, 1);
  await scan.getByRole("button", { name: /^Cancel/ }).click();
  await scan.getByRole("heading", { name: /Stopped scanning/ }).waitFor();
  await eventually(() => scan.getByText(/slow port/).count(), 0);
  await eventually(async () => (await core.call("scan", {})).scan.slow, 0);
  assert.deepEqual(errors, []);
});
