import { type Decision, type DecisionStage, STAGE_WORDS, STRATEGY_WORDS } from "../../host";

/** More squares than these are not drawn: the number is enough. */
const MAX_SQUARES = 12;

type Square = "kept" | "left" | "gone";

/** A stage as it is drawn: servers that stay, that leave here, that left before. */
export interface Row {
  stage: DecisionStage["stage"];
  word: string;
  kept: number;
  squares: readonly Square[] | null;
  /** The text beside the servers that leave. */
  note: string;
  leaves: readonly { id: string; name: string; text: string }[];
  /** Their number, even if not all are listed. */
  left: number;
}

/** The stages of a decision, in order. */
export function rows(decision: Decision): Row[] {
  const [first] = decision.stages;
  const offered = first ? first.kept + leftBy(first) : 0;
  return decision.stages.map((one) => rowOf(decision, one, offered));
}

function rowOf(decision: Decision, one: DecisionStage, offered: number): Row {
  const { stage, kept, left_out } = one;
  return {
    stage,
    word: capital(STAGE_WORDS[stage]),
    kept,
    squares: offered > MAX_SQUARES || offered === 0 ? null : squares(offered, kept, leftBy(one)),
    note: note(decision, stage),
    leaves: left_out.map(({ server, text }) => ({ id: server.id, name: server.name, text })),
    left: leftBy(one),
  };
}

const leftBy = ({ left_out, more = 0 }: DecisionStage): number => left_out.length + more;

function squares(offered: number, kept: number, left: number): Square[] {
  const fate = (at: number): Square => (at < kept ? "kept" : at < kept + left ? "left" : "gone");
  return Array.from({ length: offered }, (_, at) => fate(at));
}

function note(decision: Decision, stage: DecisionStage["stage"]): string {
  if (stage === "rule") {
    const applies = decision.rule ? `The rule ${decision.rule} applies` : "No rule applies";
    return decision.relaxed ? `${applies}; no server met it, so its conditions were dropped` : applies;
  }
  if (stage === "strategy" && decision.winner) {
    return decision.weights.length > 1 ? capital(STRATEGY_WORDS[decision.strategy]) : "The only server left";
  }
  return "";
}

/** A share as shown. */
export const percent = (share: number): string => `${(share * 100).toFixed(share === 1 ? 0 : 1)} %`;

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
