import { expect, it } from "vitest";
import { parsePlace, placeHash } from "./nav.svelte";

it.each([
  ["", { screen: "discover", server: null, tool: null, section: null, item: null, query: {} }],
  ["#/servers", { screen: "servers", server: null, tool: null, section: null, item: null, query: {} }],
  ["#/servers/abc", { screen: "servers", server: "abc", tool: null, section: null, item: null, query: {} }],
  ["#/playground//echo", { screen: "playground", server: null, tool: "echo", section: null, item: null, query: {} }],
  ["#/settings/gateway", { screen: "settings", server: null, tool: null, section: "gateway", item: null, query: {} }],
  ["#/routing/weather.*", { screen: "routing", server: null, tool: null, section: null, item: "weather.*", query: {} }],
  ["#/connect", { screen: "connect", server: null, tool: null, section: null, item: null, query: {} }],
  ["#/activity/12", { screen: "activity", server: null, tool: null, section: null, item: "12", query: {} }],
  [
    "#/topology/a?by=host&q=is%3Adown+a%3Fb",
    { screen: "topology", server: "a", tool: null, section: null, item: null, query: { by: "host", q: "is:down a?b" } },
  ],
  ["#/nonsense/x", { screen: "discover", server: "x", tool: null, section: null, item: null, query: {} }],
  ["#/servers/%E0%A4%A", { screen: "servers", server: "%E0%A4%A", tool: null, section: null, item: null, query: {} }],
])("%j is a place", (hash, place) => {
  expect(parsePlace(hash)).toEqual(place);
});

it("a place with any names is found again", () => {
  const hash = placeHash("playground", "a/b c?", "tool#1/%");
  expect(parsePlace(hash)).toEqual({
    screen: "playground",
    server: "a/b c?",
    tool: "tool#1/%",
    section: null,
    item: null,
    query: {},
  });
});

it("how a place is looked at is found again", () => {
  const query = { q: "name:a&b=c #?", at: "-1.5,2,0.5" };
  expect(parsePlace(placeHash("topology", null, null, query))).toMatchObject({
    screen: "topology",
    server: null,
    query,
  });
});
