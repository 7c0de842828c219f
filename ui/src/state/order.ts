import { SEVERITY, type ServerId, type ServerRow } from "../host/bindings";

type Rows = ReadonlyMap<ServerId, ServerRow>;

/** As the core orders a list: worst first, then by name, then by id. */
export function compareRows(a: ServerRow, b: ServerRow): number {
  return (
    SEVERITY[a.health.status] - SEVERITY[b.health.status] || compareText(a.name, b.name) || compareText(a.id, b.id)
  );
}

/** The order after these rows were added, moved or removed; the others keep their places. */
export function reordered(order: readonly ServerId[], rows: Rows, moved: ReadonlySet<ServerId>): ServerId[] {
  const stayed = order.filter((id) => !moved.has(id) && rows.has(id));
  const coming = [...moved].flatMap((id) => rows.get(id) ?? []).sort(compareRows);
  const merged: ServerId[] = [];
  let at = 0;
  for (const row of coming) {
    const place = placeOf(row, stayed, rows, at);
    for (; at < place; at++) merged.push(stayed[at] as ServerId);
    merged.push(row.id);
  }
  return merged.concat(stayed.slice(at));
}

/** The first place from `low` on whose row comes after this one. */
function placeOf(row: ServerRow, order: readonly ServerId[], rows: Rows, low: number): number {
  let high = order.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = rows.get(order[middle] as ServerId);
    if (other && compareRows(other, row) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** By code points, as the core compares; JavaScript compares halves of them. */
function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const end = Math.min(a.length, b.length);
  for (let at = 0; at < end; at++) {
    const [one, other] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (one !== other) return weight(one) - weight(other);
  }
  return a.length - b.length;
}

/** Halves of a pair stand for code points above all others. */
function weight(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
