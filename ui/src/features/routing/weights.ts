import { draft } from "../../shared/config/draft.svelte";
import { nodeAt } from "../../shared/config/keys";
import { at, type Path } from "../../shared/config/paths";

/** The weights of `health_weighted`. */
export const WEIGHTS = ["health_weight", "response_time_weight"] as const;

/** Where a setting of a rule is looked up: the rule, the defaults, the balancing of all. */
function places(path: Path, name: Path): Path[] {
  return [
    [...path, ...name],
    ["defaults", ...name],
    ["load_balancing", ...name],
  ];
}

/** What is in effect for a rule, in the draft or in the file. */
export function effective(path: Path, name: string, values: unknown = draft.values): unknown {
  return inEffect(path, [name], values);
}

/** A weight that is in effect for a rule. */
export function weight(path: Path, name: (typeof WEIGHTS)[number], values: unknown = draft.values): number {
  const fallback = nodeAt(draft.sections, ["load_balancing", "config", name])?.key.default;
  return Number(inEffect(path, ["config", name], values) ?? fallback ?? 0);
}

function inEffect(path: Path, name: Path, values: unknown): unknown {
  return places(path, name)
    .map((place) => at(values, place))
    .find((value) => value !== undefined);
}
