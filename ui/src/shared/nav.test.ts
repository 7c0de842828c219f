import { expect, it } from "vitest";
import { parsePlace, placeHash } from "./nav.svelte";

it.each([
  ["", { screen: "discover", server: null, tool: null, section: null, item: null }],
  ["#/servers", { screen: "servers", server: null, tool: null, section: null, item: null }],
  ["#/servers/abc", { screen: "servers", server: "abc", tool: null, section: null, item: null }],
  ["#/playground//echo", { screen: "playground", server: null, tool: "echo", section: null, item: null }],
  ["#/settings/gateway", { screen: "settings", server: null, tool: null, section: "gateway", item: null }],
  ["#/routing/weather.*", { screen: "routing", server: null, tool: null, section: null, item: "weather.*" }],
  ["#/activity/12", { screen: "activity", server: null, tool: null, section: null, item: "12" }],
  ["#/nonsense/x", { screen: "discover", server: "x", tool: null, section: null, item: null }],
  ["#/servers/%E0%A4%A", { screen: "servers", server: "%E0%A4%A", tool: null, section: null, item: null }],
])("%j is a place", (hash, place) => {
  expect(parsePlace(hash)).toEqual(place);
});

it("a place with any names is found again", () => {
  const hash = placeHash("playground", "a/b c", "tool#1/%");
  expect(parsePlace(hash)).toEqual({
    screen: "playground",
    server: "a/b c",
    tool: "tool#1/%",
    section: null,
    item: null,
  });
});
