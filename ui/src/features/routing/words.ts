import { isObject } from "../../shared/json";

/** The kind of a pattern, that is how exact it is, which decides among equal priorities. */
export function kindOf(pattern: string): string {
  const prefix = /^[^*?[]*/.exec(pattern)?.[0].length ?? 0;
  if (prefix === pattern.length) return "exact name";
  return prefix === 0 ? "any prefix" : `prefix of ${prefix}`;
}

/** What a rule, or the defaults, set, in a few words each. */
export function asks(fields: unknown): string[] {
  if (!isObject(fields)) return [];
  const said: string[] = [];
  const say = (key: string, words: (value: unknown) => string | null) => {
    const value = fields[key];
    const text = value === undefined || value === null ? null : words(value);
    if (text) said.push(text);
  };
  say("strategy", (value) => String(value).replaceAll("_", " "));
  say("preferred_regions", (value) => `prefers ${list(value)}`);
  say("required_regions", (value) => `only in ${list(value)}`);
  say("min_health_score", (value) => `health from ${value}`);
  say("required_metadata", conditions);
  say("timeout", (value) => `timeout ${value} s`);
  say("per_try_timeout", (value) => `${value} s a try`);
  say("affinity", (value) =>
    value === "none" ? null : `affinity by ${value === "argument" ? (fields.affinity_argument ?? "argument") : value}`,
  );
  say("on_empty", (value) => (value === "relax" ? "relaxed if no server is left" : null));
  say("auto_retry", (value) => (value === false ? "no retry" : null));
  say("circuit_breaker", (value) => (value === false ? "no breaker" : null));
  return said;
}

function list(value: unknown): string {
  const all = Array.isArray(value) ? value.map(String) : [String(value)];
  return all.length === 0 ? "nowhere" : all.join(", ");
}

function conditions(value: unknown): string | null {
  if (!isObject(value)) return null;
  return Object.entries(value)
    .map(([key, wanted]) => `${key}: ${isObject(wanted) ? JSON.stringify(wanted) : String(wanted)}`)
    .join(", ");
}
