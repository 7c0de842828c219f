import { describe, expect, test } from "vitest";
import type { ReplicaGroupRow } from "../../host";
import { apartWords, differWords, listed } from "./replicas";

const server = (id: string) => ({
  id,
  name: `name-${id}`,
  address: `http://127.0.0.1/${id}`,
  transport: "http" as const,
  region: null,
  version: null,
  protocol_version: null,
});
const group: ReplicaGroupRow = {
  name: "team",
  servers: ["a", "b", "c"].map(server),
  unknown: [],
  tools: 1,
  apart: [],
};

describe("what replicas differ in", () => {
  test("is a list of words", () => {
    expect(differWords([])).toBeNull();
    expect(differWords(["address", "region", "version"])).toBe("addresses, regions and versions");
    expect(listed(["a"])).toBe("a");
    expect(listed([])).toBe("");
  });

  test("is said of each server by its part in it", () => {
    const apart = { tool: "forecast", shown: "a", differing: ["b"], lacking: ["c"] };
    expect(apartWords(group, apart, "a")).toBe(
      "Clients see its schema, which differs from that of name-b. A call goes only to servers whose own schema accepts its arguments. name-c does not have it: no call to it goes there.",
    );
    expect(apartWords(group, apart, "b")).toBe(
      "Its schema differs from that of name-a, which clients see. A call goes only to servers whose own schema accepts its arguments.",
    );
    expect(apartWords(group, apart, "c")).toBe("It does not have this tool: calls to it go to the others.");
    expect(apartWords(group, { ...apart, differing: [], lacking: ["c"] }, "b")).toBeNull();
  });
});
