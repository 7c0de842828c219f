import type { Advice, CallError } from "../host";

/** What a person can do about an error, in a sentence; nothing where a button says it, or where there is nothing to say. */
const REMEDY: Partial<Record<Advice, string>> = {
  give_credentials: "Give its token, or the header it asks for.",
  use_http: "It may not speak TLS.",
  give_path: "MCP may be at another path: give the whole address.",
  forget_token: "Forget the token first, where the server shows its sign-in.",
  give_environment: "Give it variables of an environment instead.",
  give_variable: "Give the variable a value, or take it out.",
  agree_to_command: "Choose Edit, look at the command, and save it.",
  keep_in_file: "You can keep it in a file instead.",
  resume: "Resume it first.",
  check: "Check it first: then it is known what it offers.",
};

/** What the core advises to do about an error. */
export function adviceOf(error: CallError | null): Advice | null {
  const detail = error?.detail;
  if (typeof detail !== "object" || detail === null || !("advice" in detail)) return null;
  return typeof detail.advice === "string" ? (detail.advice as Advice) : null;
}

/** The remedy in words. */
export function remedy(error: CallError): string {
  const advice = adviceOf(error);
  return (advice && REMEDY[advice]) ?? "";
}

/** The names that `detail` gives beside an advice. */
export function named(error: CallError, key: "variable"): string | null {
  const detail = error.detail as Record<string, unknown> | null;
  const name = detail?.[key];
  return typeof name === "string" ? name : null;
}
