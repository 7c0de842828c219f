import type { HealthStatus, ServerId, ServerRow } from "../../host/bindings";
import { age, millis, plural } from "../../shared/format";
import { brief, oneLine } from "../../shared/text";
import { type GlyphName, healthWords, STATUSES, statusWords } from "../../shared/words";
import { percent, type Share } from "./flow";
import type { Spot } from "./spots";

/** A node as it is drawn: its texts, and its label. */
export interface Drawn {
  id: ServerId;
  /** Within its box, from 1. */
  column: number;
  line: number;
  glyph: GlyphName;
  head: string;
  /** The end of a long name, which stays when the middle is cut. */
  tail: string;
  /** A figure, or a state in a word. */
  figure: string;
  /** It needs attention. */
  loud: boolean;
  share: Share | null;
  isSelected: boolean;
  label: string;
  /** Its name and health, which is a part of the label. */
  state: string;
  /** The row it was made from: while that is the same, so is this. */
  row: ServerRow;
  hasFlow: boolean;
  now: number;
}

/** The nodes of a column of a box that are drawn. */
export interface DrawnColumn {
  number: number;
  nodes: Drawn[];
}

export interface Circumstances {
  share: Share | null;
  isSelected: boolean;
  /** Routes are drawn for something that servers offer, or do not. */
  hasFlow: boolean;
  /** When ages were updated last. */
  now: number;
}

/** The node, or the former one if nothing of it changed. */
export function drawnOf(spot: Spot, circumstances: Circumstances, before: Drawn | undefined): Drawn {
  const { share, isSelected, hasFlow, now } = circumstances;
  const { row } = spot.node;
  const [column, line] = [spot.column + 1, spot.line + 1];
  if (before && before.row === row && before.column === column && before.line === line && isSame(before, circumstances))
    return before;
  const words = healthWords(row.health);
  const isKnown = before?.row.name === row.name;
  const state = before && before.row === row && before.now === now ? before.state : nameAndState(row, now);
  const [head, tail] = isKnown ? [before.head, before.tail] : split(oneLine(row.name) || row.id);
  return {
    id: spot.id,
    column,
    line,
    glyph: share?.part === "pretended" ? "down" : words.glyph,
    head,
    tail,
    figure: share ? shareFigure(share, row) : healthFigure(row),
    loud: words.attention && words.glyph !== "sign",
    share,
    isSelected,
    label: labelOf(state, circumstances),
    state,
    row,
    hasFlow,
    now,
  };
}

function isSame(before: Drawn, { share, isSelected, hasFlow, now }: Circumstances): boolean {
  if (before.isSelected !== isSelected || before.hasFlow !== hasFlow || before.now !== now) return false;
  const [one, other] = [before.share, share];
  if (one === other) return true;
  return (
    one !== null &&
    other !== null &&
    one.part === other.part &&
    one.calls === other.calls &&
    one.share === other.share &&
    one.why === other.why
  );
}

/** Letters at the end of a name that tell replicas apart. */
const TAIL = 6;
const SHORT = 9;
const segments = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** A name in two parts: the first is cut if there is no room. */
function split(name: string): [string, string] {
  if (name.length <= SHORT) return [name, ""];
  const end = [...segments.segment(name.slice(-TAIL * 8))].map(({ segment }) => segment);
  const tail = end.slice(-TAIL).join("");
  return [name.slice(0, name.length - tail.length), tail];
}

/** A longer summary has no room beside a name. */
const ROOM = 14;

function healthFigure(row: ServerRow): string {
  const { health } = row;
  const words = healthWords(health);
  if (health.status === "healthy" && words.word !== "Starting") {
    return health.asleep !== null
      ? "Asleep"
      : health.response_time_ms === null
        ? ""
        : `${millis(health.response_time_ms)} ms`;
  }
  const summary = health.status === "degraded" && health.summary ? brief(health.summary) : "";
  return summary !== "" && summary.length <= ROOM ? summary : words.word;
}

function shareFigure(share: Share, row: ServerRow): string {
  if (share.part === "pretended") return "Pretended";
  if (share.part === "next") return "Next";
  if (share.part === "idle") return healthFigure(row);
  return share.part === "out" ? outFigure(row) : percent(share.share);
}

function outFigure(row: ServerRow): string {
  return row.health.status === "healthy" ? "Left out" : healthWords(row.health).word;
}

/** The health of a server, in a sentence: `Down for 18 min: Connection refused`. */
export function stateOf(row: ServerRow, now: number): string {
  const words = healthWords(row.health);
  // Ages are updated once a minute: a figure that is outdated by then would be wrong.
  const since =
    words.since === null
      ? ""
      : now - words.since < 60_000
        ? " for less than a minute"
        : ` for ${age(words.since, now)}`;
  const why = row.health.status === "healthy" ? null : (row.health.reason ?? row.health.summary);
  return `${words.word}${since}${why ? `: ${brief(why)}` : ""}`;
}

/** The meaning of a share for its server, in a sentence. */
export function shareWords({ part, share, calls, why }: Share): string {
  const because = why ? `: ${brief(why)}` : "";
  if (part === "used") return `takes ${percent(share)}, ${plural(calls, "call")}`;
  if (part === "idle") return "no call in the last minute";
  if (part === "next") return "takes the next call";
  if (part === "eligible") return `eligible, but gets no calls${because}`;
  return part === "pretended" ? "pretended down" : `left out${because}`;
}

function nameAndState(row: ServerRow, now: number): string {
  return `${oneLine(row.name) || row.id}: ${stateOf(row, now)}`;
}

function labelOf(state: string, { share, isSelected, hasFlow }: Circumstances): string {
  const parts = [state];
  if (share) parts.push(shareWords(share));
  else if (hasFlow) parts.push("does not offer it");
  if (isSelected) parts.push("selected");
  return parts.join("; ");
}

/** Counts in words, the worst first: `1 down, 2 degraded, 6 healthy`. */
export function countWords(counts: Partial<Record<HealthStatus, number>>): string {
  return STATUSES.filter((status) => counts[status])
    .map((status) => `${counts[status]} ${statusWords(status).word.toLowerCase()}`)
    .join(", ");
}

/** The columns; those without a change stay the same objects and are skipped. */
export function unchanged(before: readonly DrawnColumn[] | undefined, columns: DrawnColumn[]): DrawnColumn[] {
  if (!before) return columns;
  const known = new Map(before.map((one) => [one.number, one]));
  const shared = columns.map((one) => {
    const former = known.get(one.number);
    return former &&
      former.nodes.length === one.nodes.length &&
      former.nodes.every((node, at) => node === one.nodes[at])
      ? former
      : one;
  });
  return shared.length === before.length && shared.every((one, at) => one === before[at])
    ? (before as DrawnColumn[])
    : shared;
}
