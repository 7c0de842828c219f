import { getContext, setContext } from "svelte";
import type { Problem } from "./check";
import type { Schema } from "./resolve";

/** What every field of a form knows. */
export interface Form {
  root: Schema;
  /** What is wrong at a place; what is only missing is not said before a person has been there. */
  problemAt(at: string): string | null;
  /** What is wrong at a place and below it. */
  problemsUnder(at: string): Problem[];
  /** A person has been to this place. */
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

/** What every kind of field is given. */
export interface FieldProps {
  schema: unknown;
  /** How it is called; empty for the whole. */
  name: string;
  /** Where it stands, as a JSON pointer. */
  at: string;
  /** `undefined` means: not sent. */
  value: unknown;
  /** An entry of a list or a map is there, whether anything requires it or not. */
  required: boolean | "entry";
  /** In a row of a table: its name stands above, what is wrong with it below the row. */
  cell?: string;
  /** What a screen reader calls it where no name stands beside it. */
  called?: string;
  onchange: (value: unknown) => void;
}
