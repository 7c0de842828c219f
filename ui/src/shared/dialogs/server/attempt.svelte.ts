import {
  type AddArgs,
  type Added,
  type AskedStep,
  asCallError,
  type CallError,
  type Edited,
  type Start,
} from "../../../host";
import { core } from "../../../state/core.svelte";
import { attempt } from "../../actions";
import { handle } from "../../latest";
import { wantsCredentials } from "../../secrets";
import { adviceOf, named } from "../../words";
import { type Complaint, isComplaint, Row, type ServerForm } from "./form.svelte";

/** The user's consents after a refusal, for this attempt. */
export type How = Pick<AddArgs, "no_probe" | "token_place" | "in_clear" | "dry_run" | "call">;

/** Attempts, one after the other, to save the server of a form. */
export class Attempt {
  asking = $state<"test" | "save" | null>(null);
  error = $state.raw<CallError | null>(null);
  complaint = $state.raw<Complaint | null>(null);
  tested = $state.raw<Added | Edited | null>(null);
  /** The fields below the address are shown. */
  more = $state(false);
  private wanted: How = {};
  /** The handle of the running request. */
  private handle = $state("");

  constructor(
    private readonly form: ServerForm,
    /** Tells the fields of the form from others. */
    private readonly id: string,
    /** The operation of the form, and what follows its success. */
    private readonly call: (how: How) => Promise<Added | Edited> | Complaint,
    private readonly done: (result: Added | Edited) => void,
  ) {}

  /** Contacts the server and saves nothing. */
  test(): Promise<void> {
    return this.go({ dry_run: true });
  }

  save(how: How = {}): Promise<void> {
    return this.go(how);
  }

  /** The same again, with consent. */
  again(how: How): Promise<void> {
    return this.go({ ...this.wanted, ...how });
  }

  keepAnyway(): Promise<void> {
    return this.go({ ...this.wanted, no_probe: true, dry_run: false });
  }

  /** The same again, with exactly this certificate trusted. */
  trust(fingerprint: string): Promise<void> {
    this.form.pin(fingerprint);
    return this.go(this.wanted);
  }

  overHttp(): Promise<void> {
    this.form.address = this.form.address.trim().replace(/^https:/i, "http:");
    return this.go(this.wanted);
  }

  /** The program that is starting, once that takes longer than a moment. */
  get start(): Start | undefined {
    return this.asking === null ? undefined : [...core.starts.values()].find((one) => one.call === this.handle);
  }

  /** Nobody waits for it any more: the program that was started ends. */
  async cancel(): Promise<void> {
    if (this.asking === null) return;
    await attempt("It could not be cancelled", () => core.call("cancel", { call: this.handle }));
  }

  /** It is saved while it starts. */
  async keepStarting(): Promise<void> {
    await attempt("It could not be kept", () => core.call("keep_starting", { call: this.handle }));
  }

  /** The last attempt was a test. */
  get wasTest(): boolean {
    return this.wanted.dry_run === true;
  }

  /** The result for a form that has changed since is no longer valid. */
  clear(): void {
    this.error = null;
    this.complaint = null;
    this.tested = null;
  }

  /** The focus goes to the field with the error. */
  focus(part: "main" | "name" | "token" | "headers" | "query" | "env"): void {
    const field = () => {
      const own = document.getElementById(`${this.id}-${part}`);
      const alert = document.getElementById(`${this.id}-${part}-err`)?.parentElement;
      return (
        own ?? [...(alert?.querySelectorAll<HTMLInputElement>(".row input") ?? [])].find((one) => one.value === "")
      );
    };
    setTimeout(() => field()?.focus());
  }

  private async go(how: How): Promise<void> {
    if (this.asking) return;
    this.clear();
    this.wanted = how;
    this.handle = handle();
    const called = this.call({ ...how, call: this.handle });
    if (isComplaint(called)) {
      this.complaint = called;
      this.more ||= called.at !== "main";
      return this.focus(called.at);
    }
    this.asking = how.dry_run ? "test" : "save";
    try {
      const result = await called;
      if (how.dry_run) {
        this.tested = result;
      } else {
        this.form.forget();
        await core.shown(result.revision);
        this.done(result);
      }
    } catch (thrown) {
      this.fail(asCallError(thrown));
    } finally {
      this.asking = null;
    }
  }

  private fail(error: CallError): void {
    if (error.code === "cancelled") return;
    this.error = error;
    const advice = adviceOf(error);
    const variable = advice === "give_variable" ? named(error, "variable") : null;
    if (variable) this.askFor(variable);
    else if (wantsCredentials(error)) {
      this.more = true;
      this.focus("token");
    } else if (error.code === "invalid_arguments" || error.code === "transport_failed") this.focus("main");
  }

  /** The row of the variable without a value gets the focus. */
  private askFor(variable: string): void {
    this.more = true;
    let place = this.form.env.findIndex((row) => row.name.trim() === variable);
    if (place < 0) {
      const row = new Row();
      row.name = variable;
      place = this.form.env.push(row) - 1;
    }
    setTimeout(() => {
      const label = `[aria-label="Value of variable ${place + 1}"]`;
      document.querySelector<HTMLInputElement>(label)?.focus();
    });
  }
}

/** The request before it was refused. */
export function stepsOf(error: CallError): AskedStep[] {
  const detail = error.detail;
  if (typeof detail !== "object" || detail === null || !("evidence" in detail)) return [];
  return Array.isArray(detail.evidence) ? detail.evidence : [];
}
