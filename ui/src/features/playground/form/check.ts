import { type SchemaDraft, type Schema as StrictSchema, Validator } from "@cfworker/json-schema";
import { plural } from "../../../shared/format";
import { isObject } from "../../../shared/json";
import { affordable, type Schema, tamed } from "./resolve";
import { labelOf, type Shape, shapeOf } from "./shape";
import { hasType, pick } from "./start";
import { exampleOf, formatOf, limits, rangeOf } from "./words";

/** Something the schema does not allow. */
export interface Problem {
  /** Where, as a JSON pointer: `/filters/2/value`. Empty is the whole. */
  at: string;
  message: string;
  /** The field is empty. */
  missing?: true;
}

/** Returns what is wrong with arguments. */
export type Check = (value: unknown) => Problem[];

/** Deeper values are left to the schema's own verdict. */
const MAX_DEPTH = 24;
/** Problems named at once. */
const MAX_PROBLEMS = 50;

/**
 * A check for one schema. Whether arguments are right is the schema's own verdict; the words are ours, and where none of
 * ours fit, the place and the rule are named. The server has the last word.
 */
export function checkFor(schema: unknown): Check {
  if (!isObject(schema)) return () => [];
  const judge = judgeOf(schema);
  return (value) => {
    const named = look(shapeOf(schema, schema), value, { root: schema, at: "", name: "", depth: 0 });
    const missing = named.filter((problem) => problem.soft);
    const verdict = judge?.(value);
    if (verdict === undefined) return named.slice(0, MAX_PROBLEMS);
    if (verdict.length === 0) return missing;
    return (named.length > missing.length ? named : [...missing, ...verdict]).slice(0, MAX_PROBLEMS);
  };
}

/** The schema's own verdict; absent if it cannot be computed: a broken schema, an external reference, a costly one. */
function judgeOf(schema: Schema): ((value: unknown) => Problem[] | undefined) | null {
  if (!affordable(schema)) return null;
  try {
    const validator = new Validator(tamed(schema) as StrictSchema, draftOf(schema), false);
    return (value) => {
      try {
        const { valid, errors } = validator.validate(value);
        const deepest = errors.reduce(
          (one, other) => (other.instanceLocation.length >= one.instanceLocation.length ? other : one),
          errors[0] ?? NONE,
        );
        return valid
          ? []
          : [{ at: deepest.instanceLocation.replace(/^#/, ""), message: ruleWords(deepest.keyword, deepest.error) }];
      } catch {
        return undefined;
      }
    };
  } catch {
    return null;
  }
}

const NONE = { instanceLocation: "#", keyword: "", keywordLocation: "#", error: "The schema does not allow this" };

function draftOf({ $schema }: Schema): SchemaDraft {
  const uri = typeof $schema === "string" ? $schema : "";
  if (uri.includes("draft-04")) return "4";
  if (/draft-0[67]/.test(uri)) return "7";
  return uri.includes("2019-09") ? "2019-09" : "2020-12";
}

function ruleWords(keyword: string, error: string): string {
  if (keyword === "oneOf") return "This matches none of the schema's alternatives, or more than one";
  if (keyword === "anyOf") return "This matches none of the schema's alternatives";
  if (keyword === "not") return "The schema does not allow this value";
  return `The schema does not allow this: ${error}`;
}

interface Place {
  root: Schema;
  at: string;
  name: string;
  depth: number;
}
/** A soft problem is one that the schema allows and the user hardly wants. */
type Found = Problem & { soft?: true };

function look(shape: Shape, value: unknown, place: Place): Found[] {
  const say = (message: string | null): Found[] => (message ? [{ at: place.at, message }] : []);
  const name = place.name || "This";
  if (place.depth > MAX_DEPTH) return [];
  if (value === null && (shape.nullable || shape.kind === "json")) return [];
  if (value === null && shape.kind !== "choice" && shape.kind !== "constant" && shape.kind !== "union")
    return say(`${name} does not take null`);
  switch (shape.kind) {
    case "text":
      return say(textProblem(shape, value, name));
    case "number":
    case "integer":
      return say(numberProblem(shape, value, name));
    case "boolean":
      return say(typeof value === "boolean" ? null : `${name} is yes or no`);
    case "choice":
    case "constant":
      return say(choiceProblem(shape, value, name));
    case "union": {
      const way = shape.variants[pick(shape, value, place.root, null)];
      return way ? look(shapeOf(way.schema, place.root), value, place) : [];
    }
    case "list":
    case "tuple":
      return Array.isArray(value) ? listProblems(shape, value, place) : say(`${name} is a list, such as []`);
    case "map":
    case "object":
      return isObject(value) ? objectProblems(shape, value, place) : say(`${name} is an object, such as {}`);
    default:
      return say(
        hasType(shape.schema.type, value)
          ? null
          : `${name} is ${shape.schema.type === "array" ? "a list, such as []" : "an object, such as {}"}`,
      );
  }
}

function textProblem(shape: Shape, value: unknown, name: string): string | null {
  if (typeof value !== "string") return `${name} is text`;
  const { minLength, maxLength, pattern } = shape.schema;
  const length = [...value].length;
  if (typeof minLength === "number" && length < minLength)
    return `${name} has at least ${plural(minLength, "character")}`;
  if (typeof maxLength === "number" && length > maxLength)
    return `${name} has at most ${plural(maxLength, "character")}, not ${length}`;
  const format = formatOf(shape.schema);
  if (format?.example && !hasFormat(shape.schema.format, value))
    return `“${value}” is not ${aWord(format.word)}. ${name} takes one such as ${exampleOf(shape)}.`;
  if (typeof pattern === "string" && !hasPattern(pattern, value)) return `${name} has to match ${pattern}`;
  return null;
}

function aWord(word: string): string {
  return `${/^[aeiou]/i.test(word) ? "an" : "a"} ${word}`;
}

/** Uses the same validator as for the whole, so that the field and the verdict never differ. */
function hasFormat(format: unknown, value: string): boolean {
  return new Validator({ format: String(format) }, "2020-12").validate(value).valid;
}

function hasPattern(pattern: string, value: string): boolean {
  try {
    return new Validator(tamed({ pattern }) as StrictSchema, "2020-12").validate(value).valid;
  } catch {
    return true;
  }
}

function numberProblem(shape: Shape, value: unknown, name: string): string | null {
  const [least, most] = limits(shape.schema);
  const range = rangeOf(shape.schema) || (shape.kind === "integer" ? "a whole number" : "a number");
  const remedy = `${name} takes ${range}, such as ${exampleOf(shape)}.`;
  if (typeof value === "string" && /^[-+]?\d{16,}$/.test(value.trim())) return `${name} is too long to be sent exactly`;
  if (typeof value !== "number") return `“${labelOf(value)}” is not a number. ${remedy}`;
  if (shape.kind === "integer" && !Number.isInteger(value)) return `${value} is not a whole number. ${remedy}`;
  const { multipleOf } = shape.schema;
  const low = least !== null && (least.open ? value <= least.at : value < least.at);
  const high = most !== null && (most.open ? value >= most.at : value > most.at);
  if (low || high) return `${value} is too ${low ? "small" : "large"}. ${remedy}`;
  if (
    typeof multipleOf === "number" &&
    multipleOf > 0 &&
    Math.abs(value / multipleOf - Math.round(value / multipleOf)) > 1e-9
  )
    return `${value} is not a multiple of ${multipleOf}`;
  return null;
}

function choiceProblem(shape: Shape, value: unknown, name: string): string | null {
  if (shape.options.some((option) => JSON.stringify(option.value) === JSON.stringify(value))) return null;
  if (shape.kind === "constant") return `${name} is always ${labelOf(shape.schema.const)}`;
  const some = shape.options.slice(0, 12).map((option) => option.label);
  return `“${labelOf(value)}” is not one of them. ${name} takes ${some.join(", ")}${shape.options.length > some.length ? ", …" : ""}`;
}

function listProblems(shape: Shape, value: unknown[], place: Place): Found[] {
  const { minItems, maxItems, uniqueItems } = shape.schema;
  const name = place.name || "The list";
  const found: Found[] = [];
  const say = (message: string) => void found.push({ at: place.at, message });
  const least = Math.max(typeof minItems === "number" ? minItems : 0, 0);
  if (value.length < least) say(`${name} has at least ${plural(least, "item")}`);
  if (typeof maxItems === "number" && value.length > maxItems) say(`${name} has at most ${plural(maxItems, "item")}`);
  if (uniqueItems === true && new Set(value.map((entry) => JSON.stringify(entry))).size < value.length)
    say(`${name} has an item twice`);
  const itemsOf = (at: number) => (at < shape.fixed.length ? shape.fixed[at] : (shape.items ?? {}));
  const inside = value.flatMap((entry, at) =>
    look(shapeOf(itemsOf(at), place.root), entry, step(place, String(at), `Item ${at + 1}`)),
  );
  return [...found, ...inside];
}

function objectProblems(shape: Shape, value: Record<string, unknown>, place: Place): Found[] {
  const own = shape.properties.flatMap(({ name, schema, required }): Found[] => {
    const at = step(place, name, name);
    if (!Object.hasOwn(value, name))
      return required ? [{ at: at.at, message: `${name} is required`, missing: true }] : [];
    const inside = shapeOf(schema, place.root);
    const problems = look(inside, value[name], at);
    if (!required || value[name] !== "" || inside.kind !== "text") return problems;
    const empty = { at: at.at, message: `${name} is required`, missing: true } as const;
    return [problems.length === 0 ? { ...empty, soft: true } : empty];
  });
  const known = new Set(shape.properties.map(({ name }) => name));
  const others = Object.keys(value).filter((name) => !known.has(name));
  const stray = shape.schema.additionalProperties === false && !isObject(shape.schema.patternProperties);
  const extra = others.flatMap((name): Found[] => {
    const at = step(place, name, name);
    if (stray)
      return [
        {
          at: at.at,
          message: `“${name}” is not a name it knows${known.size ? `: it takes ${[...known].slice(0, 8).join(", ")}` : ""}`,
        },
      ];
    return isObject(shape.items) ? look(shapeOf(shape.items, place.root), value[name], at) : [];
  });
  return [...own, ...extra];
}

function step(place: Place, key: string, name: string): Place {
  return { ...place, at: `${place.at}/${escapeKey(key)}`, name, depth: place.depth + 1 };
}

/** A name as a step of a JSON pointer. */
export function escapeKey(key: string): string {
  return key.replace(/~/g, "~0").replace(/\//g, "~1");
}
