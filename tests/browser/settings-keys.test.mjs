// Every key that the reader knows is set, shown, reset and undone through the form, and says what is wrong with it at its own
// field. What there is to try comes from the core's description: a new key is tried without being named here.
import assert from "node:assert/strict";
import test from "node:test";
import { guide, notDrafted, openSettings, startSettings, until } from "./settings.mjs";

const SECTIONS = (keys) => [...new Set(keys.map(({ path }) => /^[^.[]+/.exec(path)[0]))];
const fieldId = (path) =>
  `f-${path.map((part) => String(part).replace(/[^\w-]/g, (letter) => `_${letter.codePointAt(0)}_`)).join("-")}`;

/** Where a key stands in a file that has one item, or one name, of everything. */
function placeOf({ path }) {
  return path.split(".").flatMap((step) => {
    if (step === "*") return ["made.here"];
    return step.endsWith("[]") ? [step.slice(0, -2), 0] : [step];
  });
}

/** A value that can stand there and is not the default, as one writes it into the field. */
function sampleOf(key) {
  if (key.kind === "number" || key.kind === "whole") {
    const [low, high] = [key.low ?? 0, key.high ?? Number.POSITIVE_INFINITY];
    const wanted = Number.parseFloat(key.example);
    const other = [wanted, low + 1, low, (low + Math.min(high, 1)) / 2].find(
      (one) => one !== key.default && one >= low && one <= high,
    );
    return String(other);
  }
  return key.example.replace(/^(["'])(.*)\1$/, "$2");
}

/** The field of a key, its controls, and what the page shows of it. */
function fieldOf(page, place) {
  const id = fieldId(place);
  const row = page.locator(`[data-field="${id}"]`);
  return { id, row, control: row.locator(`[id="${id}"]`), reset: row.getByRole("button", { name: /^Reset / }) };
}

/** Gives it another value by its own control. */
async function set(key, { row, control }) {
  switch (key.kind) {
    case "truth":
      if ((await control.getAttribute("role")) === "switch") return control.click();
      return void (await control.selectOption("true"));
    case "word": {
      const now = await control.inputValue();
      return void (await control.selectOption(key.words.find((word) => word !== key.default && word !== now)));
    }
    case "list": {
      if (key.items === "word") return control.click();
      await control.fill(/^\[?\s*"?([^",\]]+)/.exec(key.example)[1]);
      return row.getByRole("button", { name: "Add", exact: true }).click();
    }
    case "named": {
      await control.fill("made");
      await row.getByRole("textbox", { name: /new value$/ }).fill(key.items === "filter" ? "is:healthy" : "5");
      return row.getByRole("button", { name: "Add", exact: true }).click();
    }
    default: {
      const [sample, now] = [sampleOf(key), await control.inputValue()];
      // What its section needs stands there already, as an example.
      return control.fill(sample === now ? `${sample}.other` : sample);
    }
  }
}

const leaves = (keys, section) =>
  keys.filter(
    (key) =>
      key.path.split(/[.[]/)[0] === section &&
      key.kind !== "section" &&
      !(["list", "named"].includes(key.kind) && key.items === "section"),
  );

/** Makes the item, or the name, that the keys of a section stand in. */
async function makeRoom(page, top) {
  if (top.kind === "named") {
    await page.getByRole("textbox", { name: /^Name of a new / }).fill("made.here");
    await page.keyboard.press("Enter");
  } else if (top.kind === "list" && top.items === "section") {
    await page.getByRole("button", { name: /^Add an? / }).click();
  } else return false;
  await page.locator(`[id="card-${fieldId([top.path, top.kind === "named" ? "made.here" : 0])}"]`).waitFor();
  return true;
}

/** The same for names below a section: `gateway.profiles`. */
async function makeRoomBelow(page, keys, section) {
  const below = keys.filter(
    ({ path, kind, items }) => path.startsWith(`${section}.`) && kind === "named" && items === "section",
  );
  for (const { path } of below) {
    const place = path.split(".");
    await page.locator(`[id="${fieldId(place)}"]`).fill("made.here");
    await page.keyboard.press("Enter");
    await page.locator(`[id="card-${fieldId([...place, "made.here"])}"]`).waitFor();
  }
}

/** What a key needs beside it to be shown: the backend that it is for. */
async function chooseBackend(page, key, place) {
  if (!key.only) return;
  const backend = page.locator(`[id="${fieldId([...place.slice(0, place.indexOf("config")), "backend"])}"]`);
  const wanted = key.only.split(/,\s*/)[0];
  if ((await backend.inputValue()) !== wanted) await backend.selectOption(wanted);
}

const at = (values, place) => place.reduce((value, part) => value?.[part] ?? undefined, values);

test("every key is set, shown with its line, reset and undone through the form", async (t) => {
  const { core } = await startSettings(t, "# nothing yet\n");
  const { keys } = await core.call("config_keys", {});
  let tried = 0;
  for (const section of SECTIONS(keys)) {
    const { page, errors, said } = await openSettings(t, core, section);
    await makeRoom(
      page,
      keys.find(({ path }) => path === section),
    );
    await makeRoomBelow(page, keys, section);
    for (const key of leaves(keys, section)) {
      const place = placeOf(key);
      const value = () => at(said.draft?.values, place);
      await chooseBackend(page, key, place);
      const field = fieldOf(page, place);
      const before = JSON.stringify(value() ?? null);
      const is = (holds, what) => until(page, () => holds(JSON.stringify(value() ?? null)), `${key.path} ${what}`);
      await set(key, field);
      await is((now) => now !== before, "set");
      // Its line in the file, and the way back.
      const { line } = said.draft.places.find((one) => JSON.stringify(one.path) === JSON.stringify(place));
      await field.row.getByRole("button", { name: `line ${line}`, exact: true }).waitFor();
      assert.match(
        said.draft.text.split("\n")[line - 1],
        new RegExp(`${String(place.at(-1)).replace(/\W/g, ".")}"?:`),
        key.path,
      );
      const wasSet = JSON.stringify(value());
      await field.reset.click();
      await is((now) => now === "null", "reset");
      await field.reset.waitFor({ state: "detached" });
      await page.keyboard.press("Control+z");
      await is((now) => now === wasSet, "set again by undo");
      await page.keyboard.press("Control+z");
      await is((now) => now === before, "undone");
      tried += 1;
    }
    assert.deepEqual(errors, []);
    // A draft is the page's own: it goes with it.
    await page.context().close();
  }
  t.diagnostic(`${tried} keys`);
  assert.equal(
    tried,
    SECTIONS(keys).reduce((sum, section) => sum + leaves(keys, section).length, 0),
  );
  assert.ok(tried > 100);
});

/** What no key of this kind can be. */
const WRONG = {
  number: "soon",
  whole: "1.5.2",
  url: "nowhere",
  ports: "99999",
  network: "here",
  listen: "nowhere",
  field: "metadata.",
  capability: "weather.[a",
  secret: "${not a name",
};

test("a wrong value says the reader's sentence at its field", async (t) => {
  const { core, onDisk } = await startSettings(t, await guide());
  const { keys } = await core.call("config_keys", {});
  let tried = 0;
  for (const section of SECTIONS(keys)) {
    const { page, said } = await openSettings(t, core, section);
    const top = keys.find(({ path }) => path === section);
    const wrong = leaves(keys, section).filter((key) => WRONG[key.kind] ?? WRONG[key.items]);
    if (wrong.length > 0) {
      await makeRoom(page, top);
      await makeRoomBelow(page, keys, section);
    }
    for (const key of wrong) {
      const place = placeOf(key);
      await chooseBackend(page, key, place);
      const field = fieldOf(page, place);
      const text = WRONG[key.kind] ?? WRONG[key.items];
      await field.control.fill(text);
      if (key.kind === "list") await field.row.getByRole("button", { name: "Add", exact: true }).click();
      const name = place
        .map((part, index) => (typeof part === "number" ? `[${part}]` : index === 0 ? part : `.${part}`))
        .join("");
      const where = key.kind === "list" ? `${name}[` : name;
      const found = () =>
        said.draft?.problems.find(({ path, severity }) => severity === "error" && path.startsWith(where));
      const stands = () =>
        JSON.stringify(at(said.draft?.values, place) ?? null).includes(JSON.stringify(text).slice(1, -1));
      await until(page, () => stands() && found() !== undefined, `${key.path} is wrong`);
      const words = found().message.replace(/`([^`\n]*)`/g, "“$1”");
      await field.row
        .locator(".err")
        .filter({ hasText: words.slice(1, 60) })
        .waitFor();
      assert.ok(await page.getByRole("button", { name: /^Save/ }).isDisabled(), key.path);
      await page
        .getByRole("button", { name: /^Go to line \d+$/ })
        .first()
        .waitFor();
      // Without one that is needed, that is what is wrong.
      const { message } = found();
      await field.reset.click();
      await until(page, () => found()?.message !== message, `${key.path} is right again`);
      tried += 1;
    }
    await page.context().close();
  }
  t.diagnostic(`${tried} keys`);
  assert.ok(tried > 50);
  assert.equal(await onDisk(), await guide());
});

test("lists and names are added to, moved and removed by row", async (t) => {
  const file =
    "network_discovery:\n  networks:\n    - 10.0.0.0/8   # ours\n    - 192.168.1.0/24\nrouting_rules:\n  # first\n  a.one:\n    timeout: 5\n  b.two:\n    timeout: 6\n";
  const { core, onDisk } = await startSettings(t, file);
  const { page, said } = await openSettings(t, core, "network_discovery");
  const values = (holds, what) => until(page, () => holds(said.draft?.values), what);
  await page.getByRole("textbox", { name: "New: Networks" }).fill("172.16.0.0/12");
  await page.keyboard.press("Enter");
  await values((now) => now?.network_discovery.networks.length === 3, "added");
  await page.getByRole("button", { name: "Move Networks 1 down" }).click();
  await values((now) => now.network_discovery.networks[1] === "10.0.0.0/8", "moved");
  await page.getByRole("button", { name: "Remove Networks 1" }).click();
  await values((now) => now.network_discovery.networks.length === 2, "removed");
  await page.getByRole("navigation", { name: "Sections" }).getByRole("link", { name: "Routing rules" }).click();
  await page.getByRole("button", { name: "Move a.one down" }).click();
  await values((now) => Object.keys(now.routing_rules)[0] === "b.two", "the rule moved");
  await page.getByRole("button", { name: "Rename b.two" }).click();
  await page.getByRole("textbox", { name: "New name", exact: true }).fill("b.three");
  await page.keyboard.press("Enter");
  await values((now) => Object.keys(now.routing_rules).join() === "b.three,a.one", "the rule has another name");
  await page.keyboard.press("Control+s");
  await notDrafted(page);
  assert.equal(
    await onDisk(),
    "network_discovery:\n  networks:\n    - 10.0.0.0/8   # ours\n    - 172.16.0.0/12\nrouting_rules:\n  b.three:\n    timeout: 6\n  # first\n  a.one:\n    timeout: 5\n",
  );
});
