// One verdict for one server: what stands in the list, in the checks, in the figures and in the history says the same.
import assert from "node:assert/strict";
import test from "node:test";
import { eventually, openPage, startCore, startScripted } from "./harness.mjs";

const CONFIG = "health_monitoring:\n  check_interval: 1\n  timeout: 1\n";

/** Takes longer than the limit. */
function slowly() {
  const end = performance.now() + 20;
  while (performance.now() < end);
  return [];
}

/** Opens the drawer of a server that is added. */
async function opened(t, address, { config = CONFIG, ...given } = {}) {
  const core = await startCore(t, { config });
  const { server } = await core.call("add", { url: `http://${address}`, name: "subject", ...given });
  const { page, errors } = await openPage(t, `${core.link}`);
  await page.goto(`${core.address}/#/servers/${server.id}`);
  const drawer = page.getByRole("complementary", { name: "subject" });
  const row = page.getByRole("grid").getByRole("row").filter({ hasText: "subject" });
  const check = (name) => drawer.getByRole("listitem").filter({ hasText: name });
  return { core, server, page, errors, drawer, row, check };
}

test("who asks for a token answers: the endpoint passes, nothing else is run, and no figure says more", async (t) => {
  const server = await startScripted(t, { name: "closed", token: "s3cret" });
  const { drawer, row, check, errors } = await opened(t, server.address);
  await row.getByText("Needs sign-in").waitFor();
  await row.getByText("Needs a token", { exact: true }).waitFor();
  await check("Endpoint reachable").getByText("Passing").waitFor();
  await check("Endpoint reachable").getByText("answers, asks for a token").waitFor();
  for (const name of ["Response time", "Tools available"]) {
    await check(name).getByText("Not run", { exact: true }).waitFor();
    await check(name).getByText("not run: sign in first").waitFor();
  }
  await drawer.getByText("Not measured: sign in first").waitFor();
  await eventually(() => drawer.getByText(/% up/).count(), 0);
  await eventually(() => drawer.getByText("Health score").count(), 0);
  assert.deepEqual(errors, []);
});

test("a server that is down shows the connection that failed, also before its first round", async (t) => {
  const server = await startScripted(t, { name: "gone" });
  await server.stop();
  const { drawer, row, check, errors } = await opened(t, server.address, { no_probe: true });
  await row.getByText("Down", { exact: true }).waitFor();
  await check("Endpoint reachable").getByText("Critical").waitFor();
  await check("Endpoint reachable")
    .getByText(/connection refused/)
    .waitFor();
  await check("Tools available").getByText("not run: it does not answer").waitFor();
  await eventually(() => drawer.getByText(/Not checked since/).count(), 0);
  await eventually(() => drawer.getByText("Health score").count(), 0);
  assert.deepEqual(errors, []);
});

test("a degraded server does not claim a whole score, and its reason is whole", async (t) => {
  const tool = (name) => ({ name, inputSchema: { type: "object" } });
  const tools = [tool("read"), tool("write")];
  const server = await startScripted(t, { name: "notes", tools });
  const { core, server: added, row, drawer, errors } = await opened(t, server.address);
  await row.getByText("Healthy").waitFor();
  await drawer.getByText("Health score").waitFor();
  tools.splice(0, 1);
  await row.getByText("Degraded").waitFor();
  await row.getByText("1 of 2 tools missing", { exact: true }).waitFor();
  const why = row.getByRole("gridcell").filter({ hasText: "tools missing" });
  assert.match(await why.getAttribute("title"), /no longer lists .*read.*: not callable there/);
  const { health } = await core.call("server", { id: added.id }).then(({ server: record }) => record);
  assert.ok(health.score < 1);
  assert.deepEqual(errors, []);
});

test("a server that is slow keeps its score, and says why it is whole", async (t) => {
  const tools = Object.assign([], { toJSON: slowly });
  const server = await startScripted(t, { name: "slow", tools });
  const { row, drawer, errors } = await opened(t, server.address, { config: `${CONFIG}  warn_ms: 1\n` });
  await row.getByText("Degraded").waitFor();
  await drawer.getByText("of 1, being slow does not lower it").waitFor();
  assert.deepEqual(errors, []);
});
