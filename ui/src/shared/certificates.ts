import type { CallError, Certificate, Flaw, RefusedCertificate, Tls } from "../host";

/** What is wrong with a certificate, in a few words. */
const FLAWS: Record<Flaw, string> = {
  changed: "certificate changed",
  self_signed: "self-signed certificate",
  unknown_issuer: "certificate of an unknown issuer",
  expired: "certificate expired",
  not_yet_valid: "certificate not valid yet",
  wrong_name: "certificate for another name",
  revoked: "certificate revoked",
  unusable: "certificate not trusted",
};

/** Why a certificate is not trusted, in a few words; the details name the rest. */
export function flawWords(refused: RefusedCertificate): string {
  return FLAWS[refused.flaws[0] ?? "unusable"];
}

/** All that is wrong with a certificate, each in a sentence of its own. */
export function flawSentences(refused: RefusedCertificate): string[] {
  return refused.flaws.map((flaw) => SENTENCES[flaw](refused));
}

const SENTENCES: Record<Flaw, (refused: RefusedCertificate) => string> = {
  changed: () => "It is not the one you trusted. That is so after a renewal, and when a connection is intercepted.",
  self_signed: () => "It is self-signed: no CA has signed it.",
  unknown_issuer: ({ shown }) =>
    `It is signed by ${shown.issuer || "an unknown CA"}, which this computer does not trust: it may be a private CA.`,
  expired: ({ shown }) => `It expired on ${day(shown.not_after)}.`,
  not_yet_valid: ({ shown }) => `It is valid only from ${day(shown.not_before)} on.`,
  wrong_name: ({ shown, asked }) =>
    shown.names?.length
      ? `It is for ${shown.names.join(", ")}, not for ${asked}.`
      : `It names no address, so it is not for ${asked}.`,
  revoked: () => "Its issuer has revoked it.",
  unusable: ({ note }) => note ?? "It cannot be used.",
};

/** A fingerprint as other tools show it: `AB:CD:…`. */
export function fingerprintWords(fingerprint: string): string {
  return (fingerprint.match(/../g) ?? []).join(":").toUpperCase();
}

/** A day in UTC, as certificates mean it: `2026-12-01`. */
export function day(at: number | undefined): string {
  return at === undefined ? "an unknown day" : new Date(at).toISOString().slice(0, 10);
}

/** The certificate that an error is about; nothing if it is about something else. */
export function refusedIn(error: CallError | null): RefusedCertificate | null {
  if (error?.code !== "untrusted_certificate") return null;
  const detail = error.detail as {
    certificate?: RefusedCertificate;
    error?: { certificate?: RefusedCertificate };
  } | null;
  return detail?.certificate ?? detail?.error?.certificate ?? null;
}

/** The certificate that the user accepted; nothing if there is none. */
export function agreedTo(tls: Tls | null): Certificate | null {
  return tls && "fingerprint" in tls ? tls : null;
}
