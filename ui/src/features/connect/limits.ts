import type { GatewayProfileRow } from "../../host";

/** What the configuration says of one client, as far as it is told here. */
interface Access {
  name: string;
  profile: string | null;
  rules: { allow: string[] | null; deny: string[] | null };
  calls_per_second: number | null;
}

/** What the configuration in use limits of a client, a phrase for each; nothing where it limits nothing. */
export function limitsOf(effective: unknown, client: string, profiles: readonly GatewayProfileRow[]): string[] {
  const access = accessOf(effective).find(({ name }) => name === client);
  if (!access) return [];
  const { profile, rules, calls_per_second: often } = access;
  const isThere = profiles.some(({ name }) => name === profile);
  return [
    profile === null ? "" : isThere ? `profile ${profile}` : `profile ${profile}, which is not there: sees nothing`,
    rules.allow === null ? "" : `only ${rules.allow.join(", ") || "nothing"}`,
    rules.deny?.length ? `not ${rules.deny.join(", ")}` : "",
    often === null ? "" : `${often} calls/s`,
  ].filter(Boolean);
}

/** The core's own words for it have no type: they are whatever the configuration holds. */
function accessOf(effective: unknown): readonly Access[] {
  const gateway = (effective as { gateway?: { clients?: unknown } } | null)?.gateway;
  return Array.isArray(gateway?.clients) ? (gateway.clients as Access[]) : [];
}
