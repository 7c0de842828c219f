import { getContext, setContext } from "svelte";
import type { Problem } from "./check";
import type { Schema } from "./resolve";

/** What every field of a form knows. */
export interface Form {
  root: Schema;
  /** The error at a place; a missing value is not reported before the user has visited the field. */
  problemAt(at: string): string | null;
  /** What is wrong at a place and below it. */
  problemsUnder(at: string): Problem[];
  /** The user has visited this field. */
  touch(at: string): void;
}

const KEY = Symbol("form");

/** Makes the form known to its fields. */
export function provideForm(form: Form): void {
  setContext(KEY, form);
}

/** The form that a field belongs to. */
export function useForm(): Form {
  return getContext<Form>(KEY);
}

/** Properties of every kind of field. */
export interface FieldProps {
  schema: unknown;
  /** Its name; empty for the whole. */
  name: string;
  /** Its place, as a JSON pointer. */
  at: string;
  /** `undefined` means: not sent. */
  value: unknown;
  /** An entry of a list or a map exists, whether it is required or not. */
  required: boolean | "entry";
  /** In a row of a table: its name is shown above, its error below the row. */
  cell?: string;
  /** Its name for screen readers if no label is shown beside it. */
  called?: string;
  onchange: (value: unknown) => void;
}
