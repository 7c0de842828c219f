import { expect, test } from "vitest";
import { CallError, type RefusedCertificate } from "../host";
import { agreedTo, day, fingerprintWords, flawSentences, flawWords, refusedIn } from "./certificates";
import { keptWords, placeWords } from "./secrets";

const refused: RefusedCertificate = {
  shown: { fingerprint: "ab".repeat(32), issuer: "CN=Corp CA", names: ["nas"], not_after: 0 },
  flaws: ["expired", "wrong_name", "unknown_issuer"],
  asked: "10.0.0.5",
  agreed: null,
  note: null,
};

test("all that is wrong is said, the first of it in short", () => {
  expect(flawWords(refused)).toBe("certificate expired");
  expect(flawSentences(refused)).toEqual([
    "It expired on 1970-01-01.",
    "It is for nas, not for 10.0.0.5.",
    "It is signed by CN=Corp CA, which this computer does not trust: it may be a private CA.",
  ]);
});

test("a certificate is found in the errors of forms and of calls", () => {
  const of = (detail: unknown) => refusedIn(new CallError("untrusted_certificate", "no", detail));
  expect(of({ certificate: refused })).toBe(refused);
  expect(of({ error: { certificate: refused }, tool: "echo" })).toBe(refused);
  expect(refusedIn(new CallError("timeout", "no", { certificate: refused }))).toBeNull();
  expect(refusedIn(null)).toBeNull();
});

test("fingerprints and days are as other tools show them", () => {
  expect(fingerprintWords("00ff".repeat(16))).toMatch(/^00:FF:00:FF(:..){28}$/);
  expect(day(1_798_761_600_000)).toBe("2027-01-01");
  expect(agreedTo({ ca: "/etc/ca.pem" })).toBeNull();
  expect(agreedTo(refused.shown)).toBe(refused.shown);
});

test("it is said where a secret goes, and that a file is not encrypted", () => {
  expect(keptWords({ place: "keyring", why: null })).toContain("keyring of this computer");
  const file = keptWords({ place: "file", why: "no session bus" });
  expect(file).toContain("no session bus");
  expect(file).toContain("not encrypted");
  expect(keptWords({ place: "file", why: null })).not.toContain("(");
  expect(keptWords({ place: "keyring", why: "it is locked" })).toContain("it is locked");
  expect(placeWords("file")).not.toBe(placeWords("keyring"));
});
