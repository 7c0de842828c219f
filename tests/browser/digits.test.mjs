// Numbers that a page cannot hold: shown, copied and remembered as the server sent them.
import assert from "node:assert/strict";
import test from "node:test";
import { eventually, openPage, startCore, startScripted } from "./harness.mjs";
import { openTools } from "./playground.mjs";

const NUMBERS = ["12345678901234567890123", "9007199254740993", "0.1234567890123456789", "1e400", "1.0"];
const ROW = `{"n":${NUMBERS[0]},"odd":${NUMBERS[1]},"d":${NUMBERS[2]},"huge":${NUMBERS[3]},"tidy":${NUMBERS[4]}}`;
const RESULT = `{"content":[],"structuredContent":{"rows":[${ROW}]},"futureField":${NUMBERS[0]}}`;

test("a result is shown, copied and remembered with the digits that the server sent", async (t) => {
  const tools = [{ name: "digits", description: "Long numbers.", inputSchema: { type: "object" } }];
  const server = await startScripted(t, { name: "digits", tools, call: () => RESULT });
  const core = await startCore(t);
  const { page, errors } = await openPage(t, core.link);
  const bench = await openTools(page, core, server);
  await bench.open("digits");
  await bench.run();

  const showsThem = async () => {
    const cells = bench.result.getByRole("table", { name: "Result" }).getByRole("cell");
    await eventually(() => cells.allTextContents(), NUMBERS);
    await bench.result.getByRole("button", { name: "JSON", exact: true }).click();
    const json = await bench.result.getByRole("region", { name: "Result as JSON" }).textContent();
    for (const number of NUMBERS) assert.ok(json.includes(`: ${number}`), `${number} is not in ${json}`);
    await bench.tab("Raw");
    const raw = await bench.result.getByRole("region", { name: "Raw result" }).textContent();
    assert.ok(raw.includes(`"futureField": ${NUMBERS[0]}`), raw);
    await bench.tab("Result");
    await bench.result.getByRole("button", { name: "Copy result" }).click();
    const copied = async () => (await page.evaluate(() => navigator.clipboard.readText())).replace(/\s/g, "");
    await eventually(copied, RESULT);
  };
  await showsThem();

  await page.reload();
  await page.getByRole("list", { name: "History" }).getByRole("button").first().click();
  await showsThem();
  assert.deepEqual(errors, []);
});
