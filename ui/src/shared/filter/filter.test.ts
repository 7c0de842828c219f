import { describe, expect, it } from "vitest";
import { server } from "../../state/samples";
import { complete, keysOf, nearestKey, statusIn, tokens, unknownKeyIn, withStatus } from "./filter";

const rows = [
  server("weather", {
    region: "us-west-2",
    metadata: { team: "blue", zone: { rack: 7 } },
    capabilities: ["echo", "sum"],
  }),
  server("my notes", { region: "eu central" }),
];
/** Completes where `|` stands. */
const at = (marked: string) => {
  const caret = marked.indexOf("|");
  return complete(marked.replace("|", ""), caret, rows);
};
const offers = (marked: string) => at(marked)?.options.map((option) => option.insert) ?? [];

describe("words", () => {
  it("are cut at blanks, with their field, sign and value", () => {
    expect(tokens("is:down tools>=3 -region:eu plain")).toMatchObject([
      { field: "is", op: ":", value: "down", start: 0, end: 7 },
      { field: "tools", op: ">=", value: "3", start: 8, end: 16 },
      { field: "region", op: ":", value: "eu" },
      { field: null, text: "plain" },
    ]);
  });

  it("keep what stands in quotes together, also while the quote is open", () => {
    expect(tokens('name:"a b" x').map((token) => token.text)).toEqual(['name:"a b"', "x"]);
    expect(tokens('name:"a b').map((token) => token.text)).toEqual(['name:"a b']);
  });
});

describe("completion", () => {
  it("offers fields at the start of a word", () => {
    expect(offers("re|")).toEqual(["region:", "response_time>"]);
    expect(offers("is:down |")).toContain("region:");
  });

  it("offers statuses after is:", () => {
    expect(offers("is:d|")).toEqual(["down", "degraded"]);
  });

  it("offers the values that the servers have", () => {
    expect(offers("region:|")).toEqual(['"eu central"', "us-west-2"]);
    expect(offers("capability:s|")).toEqual(["sum"]);
    expect(offers("metadata.team:|")).toEqual(["blue"]);
    expect(offers("metadata.zone.rack:|")).toEqual(["7"]);
  });

  it("replaces only the value, and the whole of it", () => {
    expect(at("x region:u|s y")).toMatchObject({ from: 9, to: 11 });
  });

  it("offers nothing for a finished or an unknown word", () => {
    expect(at("is:down|")).toBeNull();
    expect(at("zzz|")).toBeNull();
    expect(at("unknown:|")).toBeNull();
  });
});

describe("the status buttons", () => {
  it("set, change and clear the is: word and leave the rest", () => {
    expect(withStatus("region:eu x", "down")).toBe("is:down region:eu x");
    expect(withStatus("region:eu is:down", "healthy")).toBe("is:healthy region:eu");
    expect(withStatus("is:down region:eu", null)).toBe("region:eu");
  });

  it("show which one is set, when it is exactly one", () => {
    expect(statusIn("region:eu is:down")).toBe("down");
    expect(statusIn("is:down or is:paused")).toBeNull();
    expect(statusIn("down")).toBeNull();
  });
});

it("knows the keys that servers have, and the one that was meant", () => {
  const known = keysOf([server("a", { metadata: { region: "eu", limits: { gpu: 1 } } })]);
  expect(unknownKeyIn("is:down region:eu limits.gpu:1 has:tools weather http://a", known)).toBe(null);
  expect(unknownKeyIn("metadata.regoin:eu", known)).toBe("metadata.regoin");
  expect([nearestKey("regoin", known), nearestKey("limts.gpu", known), nearestKey("xyz", known)]).toEqual([
    "region",
    "limits.gpu",
    null,
  ]);
});
