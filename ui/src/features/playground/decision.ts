import type { Decision } from "../../host";
import { isObject } from "../../shared/json";
import type { Entry } from "./history";

/** Why a call went where it went, when that was decided. */
export function decisionOf(entry: Entry): Decision | null {
  const detail = entry.error?.detail;
  const of = entry.result?.decision ?? (isObject(detail) ? detail.decision : null);
  return isDecision(of) ? of : null;
}

const isDecision = (value: unknown): value is Decision => isObject(value) && Array.isArray(value.stages);
