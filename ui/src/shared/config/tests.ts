import { isObject } from "../json";

/** A routing test as the file has it, as far as it can be read. */
export interface RoutingTest {
  capability: string;
  client: string;
  down: readonly string[];
  /** The expected result: a server, a region or an error code. */
  expect: { what: "server" | "region" | "error"; which: string } | null;
}

const EXPECTED = ["server", "region", "error"] as const;

/** Reads one; absent if it is not readable. */
export function readTest(value: unknown): RoutingTest | null {
  if (!isObject(value)) return null;
  const expect = isObject(value.expect) ? value.expect : {};
  const what = EXPECTED.find((key) => typeof expect[key] === "string" && expect[key] !== "");
  return {
    capability: text(value.capability),
    client: text(value.client),
    down: Array.isArray(value.down) ? value.down.map(String) : [],
    expect: what ? { what, which: text(expect[what]) } : null,
  };
}

const text = (value: unknown): string => (typeof value === "string" || typeof value === "number" ? String(value) : "");

/** The expectation: `weather.current must go to weather-us`. */
export function testWords(test: RoutingTest): string {
  const call = [
    test.capability || "a call",
    test.client ? ` of ${test.client}` : "",
    test.down.length ? `, with ${test.down.join(" and ")} down,` : "",
  ].join("");
  return `${call} ${wanted(test)}`;
}

/** The expected result: `must go to weather-us`. */
export function wanted({ expect }: RoutingTest): string {
  if (!expect) return "has no expectation yet";
  if (expect.what === "error") return `must be refused: ${expect.which.replaceAll("_", " ")}`;
  return expect.what === "server" ? `must go to ${expect.which}` : `must stay in ${expect.which}`;
}
