import { expect, it } from "vitest";
import type { RouteResult } from "../../host";
import { expectation } from "./expect";

const call = { capability: " weather.current ", client: "", down: [] };

function result(takers: [string, string | null, number][], code: string | null = null): RouteResult {
  const place = ([name, region]: [string, string | null, number]) => ({ id: name, name, region });
  return {
    decision: {
      winner: takers[0] ? place(takers[0]) : null,
      refusal: code === null ? null : { code, message: "nobody" },
    },
    distribution: takers.map((one) => ({ server: place(one), calls: one[2], share: 0 })),
  } as unknown as RouteResult;
}

it("wants the server that takes all calls, else their region, else the next one", () => {
  const wanted = (...takers: [string, string | null, number][]) => expectation(call, result(takers)).expect;
  expect(wanted(["a", "us", 10], ["b", "eu", 0])).toEqual({ server: "a" });
  expect(wanted(["a", "us", 5], ["b", "us", 5])).toEqual({ region: "us" });
  expect(wanted(["a", "us", 5], ["b", "eu", 5])).toEqual({ server: "a" });
  expect(wanted(["a", null, 5], ["b", null, 5])).toEqual({ server: "a" });
});

it("wants the refusal where nobody takes it, and keeps who calls and who is down", () => {
  expect(expectation({ ...call, client: "ci", down: ["x"] }, result([], "no_healthy_server"))).toEqual({
    capability: "weather.current",
    client: "ci",
    down: ["x"],
    expect: { error: "no_healthy_server" },
  });
  expect(expectation({ ...call, capability: "" }, null)).toEqual({
    capability: "weather.current",
    expect: { region: "us-west-2" },
  });
});
