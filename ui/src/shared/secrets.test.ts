import { expect, test } from "vitest";
import { keptWords, placeWords } from "./secrets";

test("it is said where a secret goes, and that a file is not encrypted", () => {
  expect(keptWords({ place: "keyring", why: null })).toContain("keyring of this computer");
  const file = keptWords({ place: "file", why: "no session bus" });
  expect(file).toContain("no session bus");
  expect(file).toContain("not encrypted");
  expect(keptWords({ place: "file", why: null })).not.toContain("(");
  expect(keptWords({ place: "keyring", why: "it is locked" })).toContain("it is locked");
  expect(placeWords("file")).not.toBe(placeWords("keyring"));
});
