import type { AddArgs, EditArgs, ServerDetails, Without } from "../../../host";
import { agreedTo } from "../../certificates";
import type { TokenSource } from "../../TokenFields.svelte";
import { CommandFields, checkAddress, originOf } from "./command.svelte";

/** Over HTTP, or as a program on this computer. */
export type Kind = "url" | "stdio";

/** A name and its value. A stored value is never shown: without a new one it stays. */
export class Row {
  name = $state("");
  value = $state("");
  /** The value is a secret that is typed here, or the name of a variable that holds it. */
  source = $state<TokenSource>("paste");
  /** The stored value was given for another address and is not kept. */
  leaves = $state(false);

  constructor(
    /** The name of a stored value. */
    readonly kept: string | null = null,
    /** The variable that holds it already. */
    readonly variable: string | null = null,
  ) {
    this.name = kept ?? "";
    if (variable !== null) {
      this.source = "variable";
      this.value = variable;
    }
  }

  /** It is as it was when the form was opened, or its former value is not kept and no new one was given. */
  get isAsBefore(): boolean {
    if (this.leaves && this.value === "") return true;
    return this.kept !== null && this.name.trim() === this.kept && this.isValueAsBefore;
  }

  /** A stored value is not shown, so an empty field keeps it. */
  private get isValueAsBefore(): boolean {
    if (this.variable !== null)
      return !this.leaves && this.source === "variable" && this.value.trim() === this.variable;
    return this.source === "paste" && this.value === "";
  }
}

/** The names of the lists of rows. */
export type RowsOf = "headers" | "query" | "env";

/** The field with the error. */
export interface Complaint {
  at: "main" | "name" | RowsOf;
  text: string;
}

const EXAMPLE = "npx -y @modelcontextprotocol/server-memory";

/** The values that a server gets, as they are typed: the same for a new server and a saved one. */
export class ServerForm {
  kind = $state<Kind>("url");
  address = $state("");
  readonly command: CommandFields;
  name = $state("");
  folder = $state("");
  source = $state<TokenSource>("paste");
  token = $state("");
  variable = $state("");
  /** A token is stored, or its variable is named, and was not removed. */
  hasToken = $state(false);
  headers = $state<Row[]>([]);
  query = $state<Row[]>([]);
  env = $state<Row[]>([]);
  /** The file of the CA that alone is trusted for its certificate. */
  ca = $state("");
  /** The certificate that the user accepted, and its origin. It does not apply to another origin. */
  private agreed = $state.raw<{ fingerprint: string; origin: string | null } | null>(null);
  /** Its program keeps running, however long it is not used. */
  running = $state(false);
  /** The values of the environment are kept for another command. */
  keepEnv = $state(false);

  /** The form of a saved server, or an empty one. */
  constructor(private readonly before: ServerDetails | null = null) {
    this.command = new CommandFields(before?.server.command, before?.server.args);
    if (!before) return;
    const { server, secrets, header_env } = before;
    this.kind = server.transport === "stdio" ? "stdio" : "url";
    this.address = this.addressBefore;
    this.name = server.name;
    this.folder = before.cwd ?? "";
    this.running = before.keep_running;
    this.variable = before.token_env ?? "";
    this.source = before.token_env !== null && !this.keepsToken ? "variable" : "paste";
    this.hasToken = this.keepsToken || before.token_env !== null;
    this.ca = this.caBefore;
    const agreed = agreedTo(before.tls);
    if (agreed) this.agreed = { fingerprint: agreed.fingerprint, origin: originOf(this.address) };
    const kept = (name: string | null) => (name === null ? [] : [new Row(name)]);
    const named = Object.entries(header_env).map(([name, variable]) => new Row(name, variable ?? ""));
    this.headers = [...secrets.flatMap((one) => kept(one.header)), ...named];
    this.query = secrets.flatMap((one) => kept(one.query));
    this.env = before.env.map((name) => new Row(name));
  }

  private get addressBefore(): string {
    return this.before?.server.url ?? this.before?.server.endpoint ?? "";
  }

  private get commandBefore(): string[] {
    const server = this.before?.server;
    return server?.command ? [server.command, ...server.args] : [];
  }

  private get caBefore(): string {
    const tls = this.before?.tls;
    return tls && "ca" in tls ? tls.ca : "";
  }

  /** The certificate that alone is trusted at the address; nothing if a CA or this computer decides. */
  get pinned(): string | null {
    return this.agreed && this.ca.trim() === "" && this.agreed.origin === originOf(this.address)
      ? this.agreed.fingerprint
      : null;
  }

  /** The user accepted exactly this certificate at the form's address, and did not remove it. */
  pin(fingerprint: string | null): void {
    this.agreed = fingerprint === null ? null : { fingerprint, origin: originOf(this.address) };
    this.ca = "";
  }

  /** A stored token, not one in a variable. */
  get keepsToken(): boolean {
    return this.before?.secrets.some((one) => one.header === null && one.env === null && one.query === null) ?? false;
  }

  /** Its address changes. */
  get isLedElsewhere(): boolean {
    if (!this.before) return false;
    return this.kind === "url"
      ? this.address.trim() !== this.addressBefore
      : JSON.stringify(this.command.words) !== JSON.stringify(this.commandBefore);
  }

  /** No value is given that would need consent to be sent. */
  get holdsToken(): boolean {
    return this.source === "paste" && this.token.trim() !== "";
  }

  /** Decides what happens to stored values: a variable for another address has to be entered again. */
  leave(leaves: boolean): void {
    const named = this.before?.token_env;
    if (named && this.variable === (leaves ? named : "")) this.variable = leaves ? "" : named;
    for (const row of [...this.headers, ...this.query, ...this.env].filter((one) => one.kept !== null)) {
      row.leaves = leaves;
      if (row.variable !== null && row.value === (leaves ? row.variable : "")) row.value = leaves ? "" : row.variable;
    }
  }

  another(list: RowsOf): void {
    this[list] = [...this[list], new Row()];
  }

  remove(list: RowsOf, row: Row): void {
    this[list] = this[list].filter((one) => one !== row);
  }

  /** Typed secrets leave the page. */
  forget(): void {
    this.token = "";
    for (const row of [...this.headers, ...this.query, ...this.env]) if (row.source === "paste") row.value = "";
  }

  /** Its address or command; nothing if that is unchanged. */
  way(): Pick<AddArgs, "url" | "stdio"> | Complaint {
    if (this.before && !this.isLedElsewhere && !this.isAgreedTo) return {};
    if (this.kind === "url") {
      const read = checkAddress(this.address);
      return "problem" in read
        ? { at: "main", text: read.problem }
        : { url: this.before ? this.address.trim() : read.url };
    }
    const stdio = this.command.words;
    return stdio[0] && this.command.program.trim()
      ? { stdio }
      : { at: "main", text: `Give the program and its arguments, such as ${EXAMPLE}` };
  }

  /** A command from a file runs once the user has saved it. */
  private get isAgreedTo(): boolean {
    return this.before?.server.transport === "stdio" && this.before.server.source !== "manual";
  }

  /** The arguments of `add`. */
  add(): AddArgs | Complaint {
    const way = this.way();
    if (isComplaint(way)) return way;
    const given = this.given();
    if (isComplaint(given)) return given;
    return { ...way, ...given, ...(this.name.trim() && { name: this.name.trim() }) };
  }

  /** The arguments of `edit`, without unchanged values. */
  edit(): EditArgs | Complaint {
    const before = this.before;
    if (!before) return { at: "main", text: "There is no such server" };
    if (this.name.trim() === "") return { at: "name", text: "A server needs a name, such as weather-1" };
    const way = this.way();
    if (isComplaint(way)) return way;
    const given = this.given();
    if (isComplaint(given)) return given;
    const without = this.without();
    return {
      id: before.server.id,
      ...way,
      ...given,
      ...(this.name.trim() !== before.server.name && { name: this.name.trim() }),
      ...(Object.keys(without).length > 0 && { without }),
      ...(this.keepEnv && { keep_env: true }),
    };
  }

  private given(): AddArgs | Complaint {
    return this.kind === "url" ? this.signIn() : this.environment();
  }

  private signIn(): AddArgs | Complaint {
    const args: AddArgs = this.trust();
    if (this.holdsToken) args.token = this.token.trim();
    const variable = this.variable.trim();
    const isNamed = variable === this.before?.token_env && !this.isLedElsewhere;
    if (this.source === "variable" && variable && !isNamed) args.token_env = variable;
    for (const row of this.headers.filter((one) => !one.isAsBefore && isGiven(one))) {
      if (!row.name.trim() || !row.value.trim()) return { at: "headers", text: "A header has a name and a value" };
      const to = row.source === "paste" ? "headers" : "header_env";
      args[to] = { ...args[to], [row.name.trim()]: row.value.trim() };
    }
    for (const row of this.query.filter((one) => !one.isAsBefore && isGiven(one))) {
      if (!row.name.trim() || !row.value.trim())
        return { at: "query", text: "A key in the address has a name and a value" };
      args.query = { ...args.query, [row.name.trim()]: row.value.trim() };
    }
    return args;
  }

  /** The trust, if it changed. What was trusted at another origin is not trusted any more in any case. */
  private trust(): AddArgs {
    const isThere = this.before !== null && originOf(this.address) === originOf(this.addressBefore);
    const [caBefore, pinBefore] = isThere
      ? [this.caBefore, agreedTo(this.before.tls)?.fingerprint ?? null]
      : ["", null];
    const [ca, pinned] = [this.ca.trim(), this.pinned];
    if (ca) return ca === caBefore ? {} : { ca };
    if (pinned) return pinned === pinBefore ? {} : { trust_certificate: pinned };
    return caBefore || pinBefore ? { system_trust: true } : {};
  }

  private environment(): AddArgs | Complaint {
    const args: AddArgs = {};
    for (const row of this.env.filter((one) => !one.isAsBefore && isGiven(one))) {
      if (!row.name.trim()) return { at: "env", text: "A variable has a name, such as API_KEY" };
      args.env = { ...args.env, [row.name.trim()]: row.value === "" ? null : row.value };
    }
    const folder = this.folder.trim();
    if (folder && folder !== (this.before?.cwd ?? "")) args.cwd = folder;
    if (this.running !== (this.before?.keep_running ?? false)) args.keep_running = this.running;
    return args;
  }

  /** What was removed in the form. */
  private without(): Without {
    const before = this.before;
    if (!before) return {};
    const left = (rows: Row[], names: (string | null)[]) => {
      const still = new Set(rows.map((row) => row.name.trim().toLowerCase()));
      return names.filter((name): name is string => name !== null && !still.has(name.toLowerCase()));
    };
    const headers = left(this.headers, [...before.secrets.map((one) => one.header), ...Object.keys(before.header_env)]);
    const query = left(
      this.query,
      before.secrets.map((one) => one.query),
    );
    const env = left(this.env, before.env);
    const hadToken = this.keepsToken || before.token_env !== null;
    return {
      ...(headers.length > 0 && { headers }),
      ...(query.length > 0 && { query }),
      ...(env.length > 0 && { env }),
      ...(hadToken && !this.hasToken && { token: true }),
      ...(before.cwd !== null && this.folder.trim() === "" && { cwd: true }),
    };
  }
}

/** Whether the form itself has errors. */
export function isComplaint(answer: object): answer is Complaint {
  return "at" in answer && "text" in answer;
}

/** An empty row is ignored. */
function isGiven(row: Row): boolean {
  return row.name.trim() !== "" || row.value !== "";
}
