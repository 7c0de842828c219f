// What a server that means ill says is text: nothing runs, nothing is fetched, nothing is hidden, no layout breaks.
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { openPage, startCore } from "./harness.mjs";
import { NAMES, startHostile } from "./hostile.mjs";
import { pressRun } from "./playground.mjs";

/** A folder to which each place is photographed, for whoever wants to look. */
const PICTURES = process.env.PICTURES;
const toScreen = (page, name) => page.getByRole("navigation", { name: "Screens" }).getByRole("link", { name }).click();

/** Watches for everything a page must not do because a server said so. */
function guard(page, core) {
  const broken = [];
  page.on("dialog", (dialog) => {
    broken.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("popup", () => broken.push("a window was opened"));
  page.on("request", (request) => {
    if (!request.url().startsWith(core.address) && !request.url().startsWith("data:"))
      broken.push(`asked for ${request.url()}`);
  });
  const inspect = () => {
    const outside = [...document.querySelectorAll("body *")].filter((element) => {
      const box = element.getBoundingClientRect();
      const clipped = element.closest("[role=grid], [role=tabpanel], .cut, .scroll, pre, .sr, svg");
      return box.width > 0 && box.right > innerWidth + 1 && !clipped;
    });
    return {
      tripped: window.tripped ?? null,
      wide: document.documentElement.scrollWidth > innerWidth,
      outside: outside.map((element) => element.outerHTML.slice(0, 120)),
      links: [...document.querySelectorAll("a[href]")]
        .map((link) => link.getAttribute("href"))
        .filter((to) => !to?.startsWith("#/")),
      pictures: [...document.querySelectorAll("main img")].map((image) => image.getAttribute("src")),
      strange: document.querySelectorAll("main script, main style, main iframe, main object, main embed").length,
    };
  };
  return async (place) => {
    if (PICTURES) {
      await mkdir(PICTURES, { recursive: true });
      await page.screenshot({ path: join(PICTURES, `${place}.png`) });
    }
    const fine = { tripped: null, wide: false, outside: [], links: [], pictures: [], strange: 0 };
    assert.deepEqual(await page.evaluate(inspect), fine, place);
    assert.deepEqual(broken, [], place);
  };
}

for (const { size, theme } of [
  { size: [1280, 800], theme: "light" },
  { size: [640, 400], theme: "dark" },
]) {
  test(`markup, tricks of direction and floods stay text, ${size.join(" by ")}, ${theme}`, async (t) => {
    const server = await startHostile(t);
    const core = await startCore(t);
    const { page, errors } = await openPage(t, core.link, { size, theme });
    const safe = guard(page, core);
    const found = page.getByRole("row").filter({ hasText: server.address });
    await found.getByRole("checkbox").check();
    await safe("discover-found");
    await page.getByRole("button", { name: "Add 1 server" }).click();
    await found.getByRole("link", { name: /^Known/ }).waitFor();
    await safe("discover-added");

    await toScreen(page, "Servers");
    const row = page.getByRole("grid").getByRole("row").filter({ hasText: "<img src=x" });
    await row.waitFor();
    await safe("servers");
    await row.click();
    const drawer = page.getByRole("complementary");
    await drawer.getByText("<img src=x").first().waitFor();
    for (const tab of ["Overview", "Tools", "Health", "Logs", "Raw"]) {
      await drawer.getByRole("tab", { name: new RegExp(`^${tab}`) }).click();
      await drawer
        .getByRole("tabpanel", { name: new RegExp(`^${tab}`) })
        .getByRole("heading")
        .or(drawer.getByText("The record as it is stored"))
        .or(drawer.getByRole("list"))
        .first()
        .waitFor();
      await safe(`drawer-${tab}`);
    }
    await drawer.getByRole("button", { name: "More actions" }).click();
    await page.getByRole("menuitem", { name: /^Edit/ }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Save" }).waitFor();
    await safe("edit");
    await page.keyboard.press("Escape");
    await drawer.getByRole("button", { name: "Remove" }).click();
    await page.getByText(/^Removed <img/).waitFor();
    await safe("removed");
    await page.getByRole("region", { name: "Messages" }).getByRole("button", { name: "Undo" }).last().click();
    await page.getByText(/^Restored <img/).waitFor();
    await safe("taken-back");

    const { servers } = await core.call("servers", {});
    await page.goto(`${core.address}/#/playground/${servers[0].id}`);
    const tools = page.getByRole("list", { name: "Tools", exact: true });
    await tools.getByRole("link").first().waitFor();
    const open = (name) => tools.locator(`a[href$="/${encodeURIComponent(name).replaceAll("'", "\\'")}"]`).click();
    for (const [place, name] of Object.entries(NAMES)) {
      await open(name);
      await page.getByRole("tabpanel", { name: /^Form/ }).locator("p, input").first().waitFor();
      await safe(`tool-${place}`);
    }
    const result = page.getByRole("complementary", { name: "Result" });
    await open(NAMES.story);
    await pressRun(page);
    await result.getByText("⟨U+202E⟩").first().waitFor();
    for (const link of await result.getByRole("link").all()) {
      assert.match(await link.getAttribute("href"), /^https?:/, "nothing of a server leads anywhere but to the web");
    }
    for (const view of ["Content", "JSON", "Table"]) {
      await result.getByRole("button", { name: view, exact: true }).click();
      await safe(`result-${view}`);
    }
    await result.getByRole("tab", { name: "Raw" }).click();
    await safe("result-raw");
    await result.getByRole("tab", { name: "Result" }).click();
    await open(NAMES.tricks);
    await pressRun(page);
    await result.getByText("Refused by the protocol").first().waitFor();
    await safe("refused");

    await page.keyboard.press("Control+k");
    await page.keyboard.type("img");
    await page.getByRole("option", { name: /<img/ }).first().waitFor();
    await safe("palette");
    assert.equal(await page.evaluate(() => Object.prototype.polluted), undefined);
    assert.deepEqual(errors, []);
  });
}

test("a server with a manual of 100 kB and a description of 1 MB is found and added like any other", async (t) => {
  const server = await startHostile(t, { instructions: "Read this first. ".repeat(6_000) });
  const core = await startCore(t);
  const { page } = await openPage(t, core.link);
  const found = page.getByRole("row").filter({ hasText: server.address });
  await found.getByRole("checkbox").check();
  await page.getByRole("button", { name: "Add 1 server" }).click();
  await found.getByRole("link", { name: /^Known/ }).waitFor();
  await toScreen(page, "Servers");
  const row = page.getByRole("grid").getByRole("row").filter({ hasText: "<img src=x" });
  await row.getByText("Healthy").waitFor();
  await row.click();
  const drawer = page.getByRole("complementary");
  await drawer.getByRole("tab", { name: /^Tools\s*6$/ }).waitFor();
  await drawer.getByRole("heading", { name: "Instructions from the server" }).waitFor();
  await drawer.getByRole("button", { name: "Show all" }).click();
  await drawer.getByText(/more characters\)/).waitFor();
});
