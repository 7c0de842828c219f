// Others write the file as well: a second browser, an editor, a computer that lets nobody write it. Nothing is lost.
import assert from "node:assert/strict";
import { chmod, writeFile } from "node:fs/promises";
import test from "node:test";
import { barriers, eventually, openPage } from "./harness.mjs";
import {
  drafted,
  editor,
  goTo,
  guide,
  inFile,
  notDrafted,
  openSettings,
  show,
  startSettings,
  typeWhole,
} from "./settings.mjs";

const FILE =
  "# ours\nhealth_monitoring:\n  check_interval: 30\n  max_failures: 3   # the VPN drops one\n  warn_ms: 1000\n";
const failures = (page) => page.getByRole("textbox", { name: "Max failures" });

test("a screen whose first reading broke fills by itself", async (t) => {
  const { core } = await startSettings(t, FILE);
  const { page, errors } = await openPage(t, core.link);
  let broken = 0;
  await page.route("**/config_keys", async (route) => {
    if (broken++ === 0) return route.abort("connectionreset");
    return route.continue();
  });
  await page.goto(`${core.address}/#/routing`);
  await page.getByText("The rules could not be read").waitFor();
  await page.getByRole("region", { name: "Simulator" }).waitFor();
  assert.equal(await page.getByText("The rules could not be read").count(), 0);
  assert.deepEqual(errors, []);
});

test("what is typed while the file is read a second time stays", async (t) => {
  const { core } = await startSettings(t, FILE);
  const { page, errors } = await openPage(t, core.link);
  // Each answer with the whole file waits until it is let go.
  const held = [];
  await page.route("**/config_draft", async (route) => {
    const response = await route.fetch();
    if (!("text" in route.request().postDataJSON())) await new Promise((resolve) => held.push(resolve));
    await route.fulfill({ response });
  });
  await page.goto(`${core.address}/#/settings/health_monitoring`);
  await eventually(() => held.length, 1, "the file is read");
  // Each screen with settings reads the file when it opens.
  await page.getByRole("link", { name: "Routing", exact: true }).click();
  await page.getByRole("heading", { name: "Routing", level: 1 }).waitFor();
  await page.goto(`${core.address}/#/settings/health_monitoring`);
  held[0]();
  await failures(page).fill("4");
  await drafted(page, 1);
  for (const letGo of held) letGo();
  await page.unrouteAll({ behavior: "wait" });
  await page.evaluate(() => new Promise(requestAnimationFrame));
  await drafted(page, 1);
  assert.equal(await failures(page).inputValue(), "4");
  assert.deepEqual(errors, []);
});

test("two browsers edit at once: who saves second is told, and loses nothing", async (t) => {
  const { core, onDisk } = await startSettings(t, FILE);
  const first = await openSettings(t, core);
  // The second hears nothing of the first until it saves, as after a night in a closed laptop.
  const second = await openPage(t, core.link);
  await second.page.route("**/api/v1/events", (route) => route.abort());
  await goTo(second.page, core, "health_monitoring");
  await failures(first.page).fill("4");
  await failures(second.page).fill("5");
  await second.page.getByRole("textbox", { name: "Slow above" }).fill("2000");
  await drafted(first.page, 1);
  await drafted(second.page, 2);
  await first.page.keyboard.press("Control+s");
  await notDrafted(first.page);

  await second.page.keyboard.press("Control+s");
  const note = second.page.getByText(/The file changed on disk|Not saved: the file changed/);
  await note.waitFor();
  assert.match(await onDisk(), /max_failures: 4 {3}# the VPN drops one\n {2}warn_ms: 1000/);
  await second.page.getByRole("button", { name: "Compare", exact: true }).click();
  const compared = second.page.getByRole("group", { name: /What the draft makes/ });
  await compared.getByText("max_failures: 4").waitFor();
  await compared.getByText("max_failures: 5").waitFor();
  assert.deepEqual(await barriers(second.page), []);

  // Theirs where both changed the same, mine elsewhere; Ctrl+Z has all of mine again.
  await second.page.getByRole("button", { name: "Load it" }).click();
  await drafted(second.page, 1);
  assert.equal(await failures(second.page).inputValue(), "4");
  await second.page.getByRole("heading", { level: 1 }).focus();
  await second.page.keyboard.press("Control+z");
  await drafted(second.page, 2);
  assert.equal(await failures(second.page).inputValue(), "5");
  await second.page.keyboard.press("Control+s");
  await notDrafted(second.page);
  assert.equal(await onDisk(), FILE.replace(": 3 ", ": 5 ").replace("1000", "2000"));
  const { versions } = await core.call("config_versions", {});
  assert.equal(versions.length, 3, "what the first saved is a version");
});

test("a save that is refused can be meant: theirs stays as a version", async (t) => {
  const { core, path, onDisk } = await startSettings(t, FILE);
  const { page } = await openSettings(t, core);
  await failures(page).fill("5");
  await drafted(page, 1);
  await writeFile(path, FILE.replace("1000", "1100"));
  await page
    .getByText(/In line 5, “warn_ms: 1000” is now “warn_ms: 1100”\.\s+Your change is in another line and would stay\./)
    .waitFor();
  await page.getByRole("button", { name: "Keep mine" }).click();
  // What was left alone is not told again, whatever is typed next.
  const note = page.getByText(/file changed on disk at/);
  await failures(page).fill("6");
  await failures(page).fill("5");
  await page.getByRole("button", { name: "Save 1 change" }).and(page.locator(":enabled")).waitFor();
  assert.equal(await note.count(), 0);
  await page.keyboard.press("Control+s");
  await page.getByText("Not saved: the file changed on disk").waitFor();
  await page.getByRole("button", { name: "Keep mine" }).click();
  await page.getByRole("button", { name: /^Save/ }).click();
  await notDrafted(page);
  assert.equal(await onDisk(), FILE.replace(": 3 ", ": 5 "));
  const texts = await Promise.all(
    (await core.call("config_versions", {})).versions.map(({ version }) => core.call("config_version", { version })),
  );
  assert.ok(
    texts.some(({ text }) => text.includes("warn_ms: 1100")),
    "theirs is kept",
  );
});

test("with a draft, what changed on disk is taken in where it does not meet", async (t) => {
  const { core, path, onDisk } = await startSettings(t, FILE);
  const { page } = await openSettings(t, core);
  await failures(page).fill("5");
  await drafted(page, 1);
  await writeFile(path, FILE.replace("1000", "1100"));
  await page.getByRole("button", { name: "Load it" }).waitFor();
  // What is edited while the note stands is as much mine.
  await page.getByRole("textbox", { name: "Check interval" }).fill("45");
  await drafted(page, 2);
  await page.getByRole("button", { name: "Load it" }).click();
  await page.waitForFunction(() => document.getElementById("f-health_monitoring-warn_ms").value === "1100");
  await drafted(page, 2);
  await page.keyboard.press("Control+s");
  await notDrafted(page);
  assert.equal(await onDisk(), FILE.replace(": 3 ", ": 5 ").replace("1000", "1100").replace(": 30", ": 45"));

  // And with nothing of mine left there is nothing to ask.
  await failures(page).fill("6");
  await drafted(page, 1);
  await writeFile(path, FILE.replace("1000", "1200"));
  await page.getByRole("button", { name: "Load it" }).waitFor();
  await page.getByRole("button", { name: "Reset Max failures" }).click();
  await notDrafted(page);
  await page.waitForFunction(() => document.getElementById("f-health_monitoring-warn_ms").value === "1200");
});

test("a read-only file is shown, and what would change can be copied", async (t) => {
  const { core, path, onDisk } = await startSettings(t, FILE);
  await chmod(path, 0o444);
  const { page } = await openSettings(t, core);
  await page.getByText("Read-only", { exact: true }).waitFor();
  await failures(page).fill("5");
  await page.getByText(/is read-only: make it writable/).waitFor();
  await page.getByRole("button", { name: "Copy the lines" }).click();
  await page.getByText("Lines copied").waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), "  max_failures: 5   # the VPN drops one");
  assert.equal(await page.getByRole("button", { name: /^Save/ }).count(), 0);
  await page.keyboard.press("Control+s");
  assert.equal(await onDisk(), FILE);
});

test("without a file everything has its default, and the first save makes one", async (t) => {
  const { core, path, onDisk } = await startSettings(t, FILE);
  const { rm } = await import("node:fs/promises");
  const { page } = await openSettings(t, core);
  await rm(path);
  await page.getByText(/^No file yet/).waitFor();
  await failures(page).fill("7");
  await drafted(page, 1);
  await page.keyboard.press("Control+s");
  await notDrafted(page);
  assert.match(
    await onDisk(),
    /^# Settings of MCP Discovery.*\n#.*\n[\s\S]*health_monitoring:\n {2}max_failures: 7\n$/,
  );
});

test("the guide's file, edited in each of its sections, differs in those lines alone", async (t) => {
  const file = (await guide()).replaceAll("\n", "\r\n");
  const { core, onDisk } = await startSettings(t, file);
  const { page } = await openSettings(t, core, "service_registry");
  const set = (name, value) => page.getByRole("textbox", { name, exact: true }).fill(value);
  await set("Cleanup interval", "600");
  await drafted(page, 1);
  await show(page, "Discovery");
  await set("Networks 2", "10.1.0.0/16");
  await drafted(page, 2);
  await show(page, "Health checks");
  await set("Timeout", "8");
  await drafted(page, 3);
  await show(page, "Balancing");
  await page.getByRole("combobox", { name: "Strategy" }).selectOption("random");
  await drafted(page, 4);
  await show(page, "Routing rules");
  await page
    .getByRole("region", { name: "data.process" })
    .getByRole("textbox", { name: "Timeout", exact: true })
    .fill("90");
  await drafted(page, 5);
  await page.keyboard.press("Control+s");
  await notDrafted(page);
  const edits = [
    ["cleanup_interval: 300", "cleanup_interval: 600"],
    ['"10.0.0.0/8"', '"10.1.0.0/16"'],
    ["timeout: 10", "timeout: 8"],
    ["strategy: health_weighted", "strategy: random"],
    ["timeout: 60", "timeout: 90"],
  ];
  assert.equal(
    await onDisk(),
    edits.reduce((text, [old, now]) => text.replace(old, now), file),
  );
  // Typed into, a file keeps the ends of its lines as well.
  await editor(page).focus();
  await inFile(page);
  await page.keyboard.press("Control+Home");
  await page.keyboard.type("# ours\n");
  await drafted(page, 1);
  await page.keyboard.press("Control+s");
  await notDrafted(page);
  assert.equal(
    await onDisk(),
    edits.reduce((text, [old, now]) => text.replace(old, now), `# ours\r\n${file}`),
  );
});

test("a secret in plain text moves to where secrets are kept, in one step that is said and undone", async (t) => {
  const file =
    "registries:\n  - name: shared\n    backend: redis\n    config:\n      redis_url: redis://host:6379\n      password: hunter2   # the old one\n";
  const { core, onDisk } = await startSettings(t, file);
  const { page } = await openSettings(t, core, "registries");
  const field = page.getByLabel("Password", { exact: true });
  assert.equal(await field.getAttribute("type"), "password");
  await page.getByRole("button", { name: "Move it to the keyring" }).click();
  await page.getByText(/is kept in a file that only you can read/).waitFor();
  await page.waitForFunction(() => document.querySelector("[id$=config-password]").value.startsWith("${keyring:"));
  assert.match(await onDisk(), /password: "\$\{keyring:[\w.-]+\}" {3}# the old one\n$/);
  await page
    .getByRole("navigation", { name: "Sections" })
    .getByRole("link", { name: /^Secrets/ })
    .click();
  await page.getByRole("group", { name: "registries.1.password" }).getByText("Set", { exact: true }).waitFor();
  assert.deepEqual(await barriers(page), []);
  assert.ok(!(await page.content()).includes("hunter2"), "the page has it no more");
});

test("named secrets are kept, replaced and forgotten", async (t) => {
  const { core } = await startSettings(t, `notifications:\n  webhook: \${keyring:hook}\n`);
  const { page } = await openSettings(t, core, "secrets");
  const hook = page.getByRole("group", { name: "hook" });
  await hook.getByText("Missing").waitFor();
  await hook.getByRole("button", { name: "Set…" }).click();
  await page.getByLabel("New secret").fill("https://hooks/x");
  await page.getByRole("button", { name: "Replace it" }).click();
  await hook.getByText("Set", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Add to the keyring" }).click();
  await page.getByLabel("Name", { exact: true }).fill("old");
  await page.getByLabel("Secret", { exact: true }).fill("x");
  await page.getByRole("button", { name: "Keep it" }).click();
  const old = page.getByRole("group", { name: "old" });
  await old.getByText("Not used").waitFor();
  await old.getByRole("button", { name: "Forget…" }).click();
  await page.getByText("This cannot be undone").waitFor();
  await page.getByRole("button", { name: "Forget it" }).click();
  await old.waitFor({ state: "detached" });
  await page
    .getByText(/There is no keyring here|Kept in/)
    .first()
    .waitFor();
});

test("what a page would round is not written, and the text keeps it", async (t) => {
  const { core } = await startSettings(t, FILE);
  const { page } = await openSettings(t, core, "load_balancing");
  await page.getByRole("textbox", { name: "Seed" }).fill("18446744073709551615");
  await page.getByText("This form cannot hold that many digits").waitFor();
  await typeWhole(page, `${FILE}load_balancing:\n  config:\n    seed: 18446744073709551615\n`);
  await drafted(page, 1);
  await page.keyboard.press("Control+s");
  await notDrafted(page);
});
