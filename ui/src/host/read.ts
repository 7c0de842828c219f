import { parse } from "../shared/exact";
import type { CallResult, Operations } from "./bindings";

/** Reads what the core answered to an operation. Only a call carries numbers of others, which must stay as they came. */
export function readResult<N extends keyof Operations>(name: N, text: string): Operations[N]["result"] {
  const answer: Operations[N]["result"] = JSON.parse(text);
  return name === "call" ? { ...answer, result: (parse(text) as CallResult).result } : answer;
}
