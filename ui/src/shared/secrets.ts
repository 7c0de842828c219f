import type { CallError, SecretPlace, Secrets } from "../host";

/** Where a new secret is stored, in a sentence. */
export function keptWords({ place, why }: Pick<Secrets, "place" | "why">): string {
  if (place === "keyring") {
    return why
      ? `The keyring cannot be used now: ${why}.`
      : "Kept in the keyring of this computer, and sent to this server alone.";
  }
  const reason = why ? `There is no keyring here (${why}). ` : "";
  return `${reason}Kept in a file that only you can read, which is not encrypted, and sent to this server alone.`;
}

/** Where a secret is, in a few words. */
export function placeWords(place: SecretPlace): string {
  return place === "keyring" ? "in the keyring" : "in a file that only you can read";
}

/** Whether a secret was refused because it would be sent unencrypted. */
export function inClear(error: CallError | null): boolean {
  return detailSays(error, "in_clear");
}

/** Whether the server requires authentication, so that a token may help. */
export function wantsCredentials(error: CallError): boolean {
  return detailSays(error, "auth_required");
}

function detailSays(error: CallError | null, key: string): boolean {
  const detail = error?.detail;
  return typeof detail === "object" && detail !== null && (detail as Record<string, unknown>)[key] === true;
}
