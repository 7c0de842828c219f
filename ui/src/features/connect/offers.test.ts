import { expect, it } from "vitest";
import { filterOffers, KINDS, kindsOf, type Offer, offersOf } from "./offers";

const read = { name: "notes_read", tool: "read", owner: "Notes", server: null, unavailable: null };
const page = {
  kind: "resource" as const,
  name: "notes://page/1",
  own: "page://1",
  owner: "Notes",
  server: "s",
  unavailable: "connection refused",
};
const greet = { ...page, kind: "prompt" as const, name: "greet", own: "greet", unavailable: null };

it("kinds that nobody offers are left out, and the others keep their order", () => {
  expect(kindsOf(offersOf({ tools: [], others: [] }))).toEqual([]);
  expect(kindsOf(offersOf({ tools: [read], others: [] }))).toEqual(["tool"]);
  expect(kindsOf(offersOf({ tools: [read], others: [greet, page] }))).toEqual(["tool", "resource", "prompt"]);
});

it("a filter finds words in every name and in why not now, of every kind", () => {
  const offers: readonly Offer[] = offersOf({
    tools: [read, { ...read, name: "b", tool: "b" }],
    others: [page, greet],
  });
  const names = (text: string, onlyUnavailable = false) =>
    filterOffers(offers, { text, onlyUnavailable }).map(({ name }) => name);
  expect(names("")).toEqual(["notes_read", "b", "notes://page/1", "greet"]);
  expect(names("notes READ")).toEqual(["notes_read"]);
  expect(names("page://1")).toEqual(["notes://page/1"]);
  expect(names("refused")).toEqual(["notes://page/1"]);
  expect(names("notes", true)).toEqual(["notes://page/1"]);
});

it("each kind says what can be done with it", () => {
  expect(KINDS.tool).toMatchObject({ head: "Tool", title: "Tools", ready: "Can be called" });
  expect(KINDS.template).toMatchObject({ title: "Templates", allReady: "All templates can be read" });
});
