import { expect, it } from "vitest";
import type { KeptSecret, ServerDetails } from "../../../host";
import { server as row } from "../../../state/samples";
import { Row, ServerForm } from "./form.svelte";

const secret = (over: Partial<KeptSecret>): KeptSecret => ({
  server: "1",
  name: null,
  origin: "http://a",
  header: null,
  env: null,
  query: null,
  place: "file",
  former: false,
  ...over,
});

function kept(over: Partial<ServerDetails>): ServerDetails {
  const server = { ...row("a"), url: "http://a/mcp", endpoint: null };
  return {
    server,
    tools: [],
    resources: [],
    prompts: [],
    instructions: null,
    title: null,
    declared_capabilities: [],
    token_env: null,
    header_env: {},
    tls: null,
    env: [],
    cwd: null,
    keep_running: false,
    secrets: [],
    health_endpoint: null,
    ...over,
  };
}

function typed(name: string, value: string): Row {
  const row = new Row();
  row.name = name;
  row.value = value;
  return row;
}

it("what is given with an address is a token, headers and keys; empty rows are nothing", () => {
  const form = new ServerForm();
  form.address = "localhost:3001";
  form.token = " t ";
  form.headers = [typed("X-Key", "v"), typed("", "")];
  form.query = [typed("apiKey", "k")];
  expect(form.add()).toEqual({
    url: "http://localhost:3001",
    token: "t",
    headers: { "X-Key": "v" },
    query: { apiKey: "k" },
  });
  form.headers = [typed("X-Key", "")];
  expect(form.add()).toMatchObject({ at: "headers" });
});

it("a form that was opened and not changed edits nothing", () => {
  const secrets = [secret({}), secret({ header: "x-key" }), secret({ query: "apiKey" })];
  const form = new ServerForm(kept({ secrets, header_env: { "X-Other": "OTHER" } }));
  expect(form.edit()).toEqual({ id: "a" });
  expect(form.isLedElsewhere).toBe(false);
});

it("what is taken out of the form is taken away, and what stays in it stays", () => {
  const secrets = [secret({}), secret({ header: "x-key" }), secret({ header: "x-other" })];
  const form = new ServerForm(kept({ secrets, header_env: { "X-Named": "NAMED" } }));
  form.hasToken = false;
  form.headers = form.headers.filter((row) => row.name === "x-other");
  expect(form.edit()).toMatchObject({ without: { token: true, headers: ["x-key", "X-Named"] } });
  form.token = "new";
  form.hasToken = true;
  expect(form.edit()).toMatchObject({ token: "new" });
});

it("a program keeps what is not changed, and a command of a file is agreed to by saving it", () => {
  const server = {
    ...row("a"),
    transport: "stdio" as const,
    url: null,
    endpoint: null,
    command: "npx",
    args: ["-y", "a b"],
  };
  const form = new ServerForm(kept({ server: { ...server, source: "manual" }, env: ["KEY", "OLD"], cwd: "/tmp" }));
  expect([form.command.program, ...form.command.args.map((one) => one.value)]).toEqual(["npx", "-y", "a b"]);
  form.env = [...form.env.filter((row) => row.name === "KEY"), typed("NEW", "v")];
  form.folder = "";
  expect(form.edit()).toEqual({ id: server.id, env: { NEW: "v" }, without: { env: ["OLD"], cwd: true } });
  const listed = new ServerForm(kept({ server: { ...server, source: "import" } }));
  expect(listed.edit()).toMatchObject({ stdio: ["npx", "-y", "a b"] });
});

it("what does not go along is given anew, a variable by its name as well", () => {
  const form = new ServerForm(
    kept({ secrets: [secret({ header: "x-key" })], header_env: { "X-Named": "NAMED" }, token_env: "T" }),
  );
  form.address = "http://b/mcp";
  form.leave(true);
  expect(form.edit()).toEqual({ id: "a", url: "http://b/mcp" });
  const named = form.headers.find((row) => row.kept === "X-Named");
  if (named) named.value = "NAMED";
  form.variable = "T";
  expect(form.edit()).toEqual({ id: "a", url: "http://b/mcp", header_env: { "X-Named": "NAMED" }, token_env: "T" });
  form.address = "http://a/mcp";
  form.leave(false);
  expect(form.edit()).toEqual({ id: "a" });
});

it("whom to trust is given anew where it is another, taken back where it is gone, and left behind by a move", () => {
  const [one, other] = ["ab".repeat(32), "cd".repeat(32)];
  const server = { ...row("a"), url: "https://a/mcp", endpoint: null };
  const form = new ServerForm(kept({ server, tls: { fingerprint: one } }));
  expect([form.pinned, form.edit()]).toEqual([one, { id: "a" }]);
  form.pin(other);
  expect(form.edit()).toEqual({ id: "a", trust_certificate: other });
  form.ca = "/ca.pem";
  expect([form.pinned, form.edit()]).toEqual([null, { id: "a", ca: "/ca.pem" }]);
  form.pin(null);
  expect(form.edit()).toEqual({ id: "a", system_trust: true });
  form.pin(one);
  form.address = "https://b/mcp";
  expect([form.pinned, form.edit()]).toEqual([null, { id: "a", url: "https://b/mcp" }]);
  const named = new ServerForm(kept({ server, tls: { ca: "/ca.pem" } }));
  expect([named.ca, named.edit()]).toEqual(["/ca.pem", { id: "a" }]);
  named.ca = "";
  expect(named.edit()).toEqual({ id: "a", system_trust: true });
});
