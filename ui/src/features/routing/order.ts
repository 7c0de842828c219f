/** A rule in the order of precedence, the first at the top. */
export interface Ranked {
  pattern: string;
  priority: number;
}

/**
 * The priorities that put one rule elsewhere in the order, by pattern: as few as possible. Among equal priorities the
 * core orders by how exact a pattern is; a rule that is above another there stays above it with the same number.
 */
export function moved(rules: readonly Ranked[], from: number, to: number): Map<string, number> {
  const rule = rules[from];
  if (!rule || to < 0 || to >= rules.length || from === to) return new Map();
  const wanted = rules.filter((one) => one !== rule);
  wanted.splice(to, 0, rule);
  const [raised, lowered] = [raise(rules, wanted, to), lower(rules, wanted, to)];
  const [least, other] = to < from ? [raised, lowered] : [lowered, raised];
  return other.size < least.size ? other : least;
}

/** The rule goes above the one below it; rules above it that would fall behind get a higher priority too. */
function raise(now: readonly Ranked[], wanted: readonly Ranked[], at: number): Map<string, number> {
  const found = new Map<string, number>();
  for (let place = at; place >= 0; place--) {
    const [one, below] = [wanted[place], wanted[place + 1]];
    if (!one || !below) continue;
    const low = (found.get(below.pattern) ?? below.priority) + (isBefore(now, one, below) ? 0 : 1);
    if (one.priority < low || (place === at && one.priority !== low && !isAbove(wanted, place, one.priority)))
      found.set(one.pattern, low);
  }
  return found;
}

/** The rule goes below the one above it; rules below it that would come first get a lower priority too. */
function lower(now: readonly Ranked[], wanted: readonly Ranked[], at: number): Map<string, number> {
  const found = new Map<string, number>();
  for (let place = at; place < wanted.length; place++) {
    const [one, above] = [wanted[place], wanted[place - 1]];
    if (!one || !above) continue;
    const high = (found.get(above.pattern) ?? above.priority) - (isBefore(now, above, one) ? 0 : 1);
    if (one.priority > high || (place === at && one.priority !== high && !isBelow(wanted, place, one.priority)))
      found.set(one.pattern, high);
  }
  return found;
}

/** With its own priority it is surely not above the rule that should come above it. */
function isAbove(wanted: readonly Ranked[], place: number, priority: number): boolean {
  const above = wanted[place - 1];
  return above === undefined || priority < above.priority;
}

/** With its own priority it is surely not below the rule that should come below it. */
function isBelow(wanted: readonly Ranked[], place: number, priority: number): boolean {
  const below = wanted[place + 1];
  return below === undefined || priority > below.priority;
}

/**
 * With the same number one surely comes before the other: they have it now, and it does. Otherwise the page cannot
 * know.
 */
function isBefore(now: readonly Ranked[], one: Ranked, other: Ranked): boolean {
  return one.priority === other.priority && now.indexOf(one) < now.indexOf(other);
}
