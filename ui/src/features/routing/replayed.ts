import type { Replay, ServerPlace } from "../../host";
import { count } from "../../shared/format";

/** The result of the replay, in a sentence or two. */
export function replayWords({ calls, moves, fails, unknowns, moved }: Replay): string {
  if (calls === 0) return "No call was recorded yet.";
  const where = moves > 0 ? goal(moved.map(({ to }) => to)) : "";
  const said = [moves === 0 ? "None would move." : `${count(moves)} would move${where}.`];
  said.push(fails === 0 ? "None would fail." : `${count(fails)} would fail.`);
  if (unknowns > 0) said.push(`${count(unknowns)} cannot be known.`);
  return said.join(" ");
}

/** If all of them go to one server or one region: ` to eu-central-1`. */
function goal(places: readonly (ServerPlace | null)[]): string {
  const [first] = places;
  if (!first) return "";
  if (places.every((place) => place?.id === first.id)) return ` to ${first.name}`;
  if (first.region && places.every((place) => place?.region === first.region)) return ` to ${first.region}`;
  return "";
}
