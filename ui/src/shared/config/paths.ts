/** The way to a setting, from the top of the file: keys, and the numbers of items from 0. */
export type Path = readonly (string | number)[];

/** The path as a unique text. */
export function idOf(path: Path): string {
  return JSON.stringify(path);
}

/** As the reader names it in a problem: `registries[0].name`, `routing_rules.weather.*.timeout`. */
export function said(path: Path): string {
  return path.map((part, at) => (typeof part === "number" ? `[${part}]` : at === 0 ? part : `.${part}`)).join("");
}

/** The value at a path; undefined if there is none. */
export function at(value: unknown, path: Path): unknown {
  let here = value;
  for (const part of path) {
    if (typeof here !== "object" || here === null) return undefined;
    here =
      Array.isArray(here) && typeof part === "string" ? undefined : (here as Record<string | number, unknown>)[part];
  }
  return here ?? undefined;
}

/** Whether two values are equal, whatever the order of their keys. */
export function same(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const [mine, theirs] = [Object.keys(one), Object.keys(other)];
  const holds = (key: string) =>
    key in other && same((one as Record<string, unknown>)[key], (other as Record<string, unknown>)[key]);
  return mine.length === theirs.length && mine.every(holds);
}

/**
 * `after`, made of the equal parts of `before`. Parts that are shown already stay the same objects: of a hundred rules
 * one is drawn again, and not all.
 */
export function sharing(before: unknown, after: unknown): unknown {
  if (typeof before !== "object" || typeof after !== "object" || before === null || after === null) return after;
  if (before === after || Array.isArray(before) !== Array.isArray(after)) return after;
  const [was, is] = [before as Record<string, unknown>, after as Record<string, unknown>];
  const [old, now] = [Object.keys(was), Object.keys(is)];
  let isSame = old.length === now.length;
  for (const [place, key] of now.entries()) {
    is[key] = sharing(was[key], is[key]);
    isSame &&= old[place] === key && is[key] === was[key];
  }
  return isSame ? before : after;
}

/** The settings that differ, each as deep as it can be named. A list of plain values is one setting. */
export function changes(before: unknown, after: unknown, path: Path = []): Path[] {
  // A key without a value counts as missing.
  if (before === null || after === null) return changes(before ?? undefined, after ?? undefined, path);
  if (same(before, after)) return [];
  const [old, now] = [children(before), children(after)];
  if (!old || !now) {
    const only = now ?? old;
    // A whole new or removed part is listed by its settings, so that three new settings count as three.
    if (only && (before === undefined || after === undefined)) {
      const found = only.flatMap(([part, value]) =>
        before === undefined ? changes(undefined, value, [...path, part]) : changes(value, undefined, [...path, part]),
      );
      if (found.length > 0) return found;
    }
    return [path];
  }
  const was = new Map(old);
  const is = new Map(now);
  const parts = [...new Set([...was.keys(), ...is.keys()])];
  return parts.flatMap((part) => changes(was.get(part), is.get(part), [...path, part]));
}

/** The parts of a value; absent for a plain value and for a list of plain values. */
function children(value: unknown): [string | number, unknown][] | null {
  if (typeof value !== "object" || value === null) return null;
  if (!Array.isArray(value)) return Object.entries(value);
  return value.some((item) => typeof item === "object" && item !== null) ? [...value.entries()] : null;
}

/** Whether the first is the second, or below it. */
export function within(path: Path, above: Path): boolean {
  return above.length <= path.length && above.every((part, index) => path[index] === part);
}
