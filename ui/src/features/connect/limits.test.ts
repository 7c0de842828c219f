import { expect, it } from "vitest";
import { limitsOf } from "./limits";

const profiles = [{ name: "coding", url: null, tools: 2 }];
const open = { profile: null, rules: { allow: null, deny: null }, calls_per_second: null };
const limits = (client: string, ...clients: object[]) => limitsOf({ gateway: { clients } }, client, profiles);

it("what the configuration limits of a client is told, and of no other client", () => {
  const access = {
    name: "Cursor",
    profile: "coding",
    rules: { allow: ["notes.*", "files.read"], deny: ["*delete*"] },
    calls_per_second: 0.5,
  };
  expect(limits("Cursor", access)).toEqual([
    "profile coding",
    "only notes.*, files.read",
    "not *delete*",
    "0.5 calls/s",
  ]);
  expect(limits("cursor", access)).toEqual([]);
});

it("nothing allowed is not nothing limited, and a profile that is not there is said", () => {
  expect(limits("a", { ...open, name: "a" })).toEqual([]);
  expect(limits("a", { ...open, name: "a", rules: { allow: [], deny: [] } })).toEqual(["only nothing"]);
  expect(limits("a", { ...open, name: "a", profile: "x" })).toEqual(["profile x, which is not there: sees nothing"]);
  expect(limitsOf({}, "a", profiles)).toEqual([]);
});
