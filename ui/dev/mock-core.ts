import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Connect, Plugin } from "vite";
import type { Event, Operations, ScanRow, ScanStatus, ServerRow } from "../src/host/bindings.ts";
import { foundRows, row as makeRow, seedRows, TOOLS } from "./mock-data.ts";
import { fileOperations } from "./mock-files.ts";
import { checksOf, historyOf, logsOf } from "./mock-health.ts";
import { type Args, fail, IS, SCAN_MS, SEVERITY } from "./mock-words.ts";

/** The policy of the window, so that what it forbids is seen here first. */
const POLICY: string = JSON.parse(readFileSync(new URL("../../tauri.conf.json", import.meta.url), "utf8")).app.security
  .csp;

/** A core in memory that speaks the HTTP face, for working on the screens. */
export function mockCore(): Plugin {
  let rows = seedRows();
  let removed: { row: ServerRow; at: number; ignored: boolean }[] = [];
  let revision = 100;
  let scan: ScanStatus | null = null;
  let found: ScanRow[] = [];
  let timer: NodeJS.Timeout | undefined;
  const journal: { label: string; back: () => void }[] = [];
  const streams = new Set<ServerResponse>();
  const calls = new Map<string, () => void>();

  const emit = (...events: Event[]) => {
    const data = `data: ${JSON.stringify({ revision, events })}\n\n`;
    for (const stream of streams) stream.write(data);
  };
  const sorted = () =>
    [...rows].sort(
      (a, b) => SEVERITY.indexOf(a.health.status) - SEVERITY.indexOf(b.health.status) || a.name.localeCompare(b.name),
    );
  const find = (id: string) =>
    rows.find((row) => row.id === id || row.name === id) ?? fail("not_found", `no server \`${id}\``);
  const ref = (row: ServerRow) => ({ id: row.id, name: row.name, url: row.endpoint ?? row.url ?? row.command ?? "" });
  const wanted = (filter: unknown) => (typeof filter === "string" ? sorted().filter(matches(filter)) : sorted());
  const log = (label: string, back: () => void) => journal.push({ label, back }) - 1;

  const update = (ids: string[], label: string, patch: (row: ServerRow) => ServerRow) => {
    const before = ids.map(find);
    rows = rows.map((row) => (ids.includes(row.id) ? { ...patch(row), updated_at: Date.now() } : row));
    revision += ids.length;
    emit(...ids.map((id) => ({ type: "server_changed", server: find(id) }) as const));
    return {
      ids,
      undo: log(label, () => {
        rows = rows.map((row) => before.find((old) => old.id === row.id) ?? row);
        revision += 1;
        emit(...before.map((server) => ({ type: "server_changed", server }) as const));
      }),
    };
  };
  const remove = (ids: string[], ignored: boolean) => {
    const gone = ids.map(find);
    rows = rows.filter((row) => !ids.includes(row.id));
    removed.push(...gone.map((row) => ({ row, at: Date.now(), ignored })));
    revision += ids.length;
    emit(...ids.map((id) => ({ type: "server_removed", id }) as const));
    return { ids, undo: log(`removed ${gone.map((row) => row.name).join(", ")}`, () => restore(ids)) };
  };
  const restore = (ids: string[]) => {
    const back = removed.filter((entry) => ids.includes(entry.row.id));
    removed = removed.filter((entry) => !ids.includes(entry.row.id));
    rows.push(...back.map((entry) => entry.row));
    revision += ids.length;
    emit(...back.map((entry) => ({ type: "server_changed", server: entry.row }) as const));
    return { ids, undo: null };
  };

  const matches = (filter: string) => {
    const tests = [...filter.matchAll(/\S+/g)].map((match) => {
      const parts = /^(-?)([\w.]+)(:|>=|<=|>|<|=)(.*)$/.exec(match[0]);
      if (!parts) return (row: ServerRow) => `${row.name} ${row.endpoint}`.includes(match[0]);
      const [, not, field = "", op, value = ""] = parts;
      const position = match.index + 1;
      if (value === "")
        fail(
          "invalid_filter",
          `character ${position + match[0].length}: \`${field}\` wants a value, such as \`${field}:eu\``,
          { position: position + match[0].length },
        );
      const read = (row: ServerRow): unknown => {
        if (field === "is") return row.health.status;
        if (field === "region" || field === "transport" || field === "source" || field === "tools" || field === "name")
          return row[field];
        if (field.startsWith("metadata.")) return row.metadata[field.slice(9)];
        return fail("invalid_filter", `character ${position}: no field \`${field}\`; did you mean \`region\`?`, {
          position,
        });
      };
      const want = field === "is" ? (IS[value] ?? value) : value;
      return (row: ServerRow) => {
        const got = read(row);
        const hit =
          op === ":" || op === "="
            ? String(got) === want
            : op === ">="
              ? Number(got) >= Number(value)
              : op === "<="
                ? Number(got) <= Number(value)
                : op === ">"
                  ? Number(got) > Number(value)
                  : Number(got) < Number(value);
        return not ? !hit : hit;
      };
    });
    return (row: ServerRow) => tests.every((test) => test(row));
  };

  const startScan = (targets: string[]): ScanStatus => {
    clearInterval(timer);
    const all = foundRows().map((row) => ({ ...row, known: rows.some((other) => other.id === row.id) }));
    scan = {
      id: String(Date.now()),
      targets: targets.length ? targets : ["this computer"],
      state: "running",
      started_at: Date.now(),
      finished_at: null,
      addresses: 1,
      ports: 340,
      total: 340,
      done: 0,
      open: 0,
      found: 0,
    };
    found = [];
    timer = setInterval(() => {
      if (!scan) return;
      const done = Math.min(scan.total, Math.round((scan.total * (Date.now() - scan.started_at)) / SCAN_MS));
      const until = Math.floor((all.length * done) / scan.total);
      const fresh = all.slice(found.length, until);
      found = all.slice(0, until);
      const over = done >= scan.total;
      scan = {
        ...scan,
        done,
        open: found.length,
        found: found.filter((row) => row.outcome === "mcp" || row.outcome === "needs_sign_in").length,
        state: over ? "finished" : "running",
        finished_at: over ? Date.now() : null,
      };
      const id = scan.id;
      emit(...fresh.map((row) => ({ type: "scan_found", scan: id, row }) as const), { type: "scan_changed", scan });
      if (over) clearInterval(timer);
    }, 120);
    emit({ type: "scan_changed", scan });
    return scan;
  };

  const callTool = async (args: {
    capability: string;
    arguments?: Record<string, unknown>;
    server?: string;
    call?: string;
    timeout?: number;
  }) => {
    const row = args.server ? find(args.server) : (sorted().at(-1) ?? fail("no_server", "no server"));
    const started = performance.now();
    if (row.health.status === "unhealthy")
      fail("transport_failed", `connect ${row.endpoint}: Connection refused (111)`);
    if (row.health.status === "paused") fail("paused", `\`${row.name}\` is paused`);
    const text = (value: string) => ({ content: [{ type: "text", text: value }] });
    const results: Record<string, () => unknown> = {
      echo: () => text(`Echo: ${String(args.arguments?.message)}`),
      fails: () => ({ ...text("The index is being rebuilt. Try again in 2 minutes."), isError: true }),
      breaks: () => fail("protocol_error", "-32602 Invalid params: `id` must be a string", { code: -32602 }),
      picture: () => ({
        content: [
          {
            type: "image",
            mimeType: "image/png",
            data: "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAFUlEQVR4nGNg+M+AFWEXZRjyEgAyrT/BsfzEcQAAAABJRU5ErkJggg==",
          },
          {
            type: "resource_link",
            uri: "file:///srv/pictures/full.png",
            name: "full.png",
            mimeType: "image/png",
            description: "The same picture, 4,000 pixels wide",
          },
        ],
      }),
      search_docs: () => {
        const documents = [
          ["Rate limits per tenant", "runbooks", 0.912],
          ["Gateway back-pressure", "runbooks", 0.874],
          ["Queue depth alerts", "runbooks", 0.841],
          ["Retry budgets explained", "handbook", 0.792],
          ["Incident 214: search overload", "incidents", 0.768],
        ].map(([title, source, score]) => ({ title, source, score }));
        return { content: [{ type: "text", text: JSON.stringify({ documents }) }], structuredContent: { documents } };
      },
    };
    if (args.capability === "slow_task") {
      for (let step = 1; step <= 8; step++) {
        await new Promise<void>((resolve, reject) => {
          const wait = setTimeout(resolve, 700);
          calls.set(args.call ?? "", () => {
            clearTimeout(wait);
            reject({ code: "cancelled", message: "the call was cancelled", detail: null });
          });
        });
        emit({
          type: "call_progress",
          call: args.call ?? "",
          progress: step,
          total: 8,
          message: `Step ${step} of 8: reading shard ${step}`,
        });
      }
    }
    const result = (results[args.capability] ?? (() => text("done")))();
    const ms = performance.now() - started + 4;
    return {
      result,
      server: ref(row),
      tool: args.capability,
      attempts: [{ server: ref(row), outcome: "answered" as const, ms }],
      elapsed_ms: ms + 0.4,
    };
  };

  const operations: {
    [N in keyof Operations]?: (args: Args) => Operations[N]["result"] | Promise<Operations[N]["result"]>;
  } = {
    status: () => {
      const count = (status: string) => rows.filter((row) => row.health.status === status).length;
      const servers = {
        all: rows.length,
        healthy: count("healthy"),
        degraded: count("degraded"),
        unhealthy: count("unhealthy"),
        unknown: count("unknown"),
        needs_sign_in: count("needs_sign_in"),
        paused: count("paused"),
        blocked: 0,
      };
      return {
        version: "0.1.0",
        pid: 1,
        data_dir: "~/.local/share/mcp-discovery",
        config_file: null,
        listening: "http://127.0.0.1:8090",
        revision,
        started_at: Date.now(),
        servers,
        notices: [
          {
            level: "warning",
            text: "The database was damaged and moved aside to registry.corrupt-1. What could be read is here.",
            at: Date.now() - 60_000,
          },
        ],
      };
    },
    servers: ({ filter }) => ({ revision, servers: wanted(filter), total: rows.length }),
    order: ({ filter }) => ({ revision, ids: wanted(filter).map((row) => row.id), total: rows.length }),
    server: ({ id }) => ({
      server: find(id),
      tools: find(id).tools ? TOOLS : [],
      resources: ["file:///srv/docs/a.md", "file:///srv/docs/b.md"],
      prompts: ["summarise"],
      instructions: "Search first, then read. Results are ordered by score.",
      title: null,
      declared_capabilities: ["docs", "gpu"],
      token_env: null,
      ...{ header_env: {} },
      health_endpoint: null,
    }),
    add: async ({ url, name }) => {
      await new Promise((resolve) => setTimeout(resolve, 400));
      if (url?.includes(":9/"))
        fail(
          "transport_failed",
          `connect ${url}: Connection refused (111). Nothing listens there: start the server, or check the port.`,
        );
      const scanned = foundRows().find((row) => row.url === url);
      const server = makeRow([
        name ?? scanned?.name ?? url?.replace(/^http:\/\//, "") ?? "program",
        url ?? "",
        "local",
        scanned?.outcome === "needs_sign_in" ? "needs_sign_in" : "healthy",
        0,
        5,
        null,
      ]);
      rows = [...rows.filter((row) => row.id !== server.id), server];
      revision += 1;
      found = found.map((row) => (row.url === url ? { ...row, known: true } : row));
      emit(
        { type: "server_changed", server },
        ...found
          .filter((row) => row.url === url && scan)
          .map((row) => ({ type: "scan_found", scan: scan?.id ?? "", row }) as const),
      );
      return {
        server,
        updated: false,
        undo: log(`added ${server.name}`, () => {
          rows = rows.filter((row) => row.id !== server.id);
          revision += 1;
          emit({ type: "server_removed", id: server.id });
        }),
      };
    },
    edit: ({ id, name, metadata }) =>
      update([id], `changed ${find(id).name}`, (row) => ({
        ...row,
        name: name ?? row.name,
        metadata: metadata ?? row.metadata,
      })),
    remove: ({ ids }) => remove(ids, false),
    ignore: ({ ids }) => remove(ids, true),
    restore: ({ ids }) => restore(ids),
    pause: ({ ids }) =>
      update(ids, "paused", (row) => ({
        ...row,
        health: { ...row.health, status: "paused", reason: "Drained by you", since: Date.now() },
      })),
    resume: ({ ids }) =>
      update(ids, "resumed", (row) => ({
        ...row,
        health: { ...row.health, status: "healthy", reason: null, since: Date.now() },
      })),
    undo: () => {
      const entry = journal.pop() ?? fail("not_found", "nothing was changed yet");
      entry.back();
      return { label: entry.label, ids: [] };
    },
    removed: () => ({
      servers: removed.map(({ row, at, ignored }) => ({
        id: row.id,
        name: row.name,
        address: row.url ?? row.command ?? "",
        removed_at: at,
        ignored,
      })),
    }),
    health: ({ ids }) => ({
      enabled: true,
      check_interval: 30,
      timeout: 5,
      max_failures: 3,
      min_successes: 2,
      warn_ms: 1_000,
      servers: rows
        .filter((row) => !ids || ids.includes(row.id))
        .map((row) => ({
          id: row.id,
          name: row.name,
          ...row.health,
          last_check: row.health.checked_at,
          checks: checksOf(row),
        })),
    }),
    history: ({ server }) => historyOf(find(server ?? "")),
    logs: ({ id }) => logsOf(find(id)),
    check: async ({ id }) => {
      await new Promise((resolve) => setTimeout(resolve, 600));
      update([id], "checked", (row) => ({ ...row, health: { ...row.health, checked_at: Date.now() } }));
      return { id, health: find(id).health, outcome: "mcp", checks: checksOf(find(id)) };
    },
    scan_start: ({ targets }) => startScan(targets ?? []),
    scan_plan: ({ targets, ports }) => {
      const last = (targets ?? [])[0] ?? "this computer";
      if (last.includes("nonsense")) fail("invalid_arguments", `\`${last}\` is no address, range or host`);
      return {
        targets: targets ?? [],
        addresses: 16,
        ports: ports?.length ?? 40,
        probes: 16 * (ports?.length ?? 40),
        seconds: 3,
        local: last.startsWith("127."),
      };
    },
    scan_cancel: () => {
      clearInterval(timer);
      const ended = {
        ...(scan ?? fail("not_found", "no scan")),
        state: "cancelled",
        finished_at: Date.now(),
      } as ScanStatus;
      scan = ended;
      emit({ type: "scan_changed", scan: ended });
      return ended;
    },
    scan: () => ({ scan, rows: found }),
    tools: ({ server }) => ({
      tools: (server ? [find(server)] : rows)
        .filter((row) => row.tools)
        .flatMap((row) => TOOLS.map((tool) => ({ ...tool, server: ref(row) }))),
    }),
    call: callTool,
    cancel: ({ call }) => {
      calls.get(call ?? "")?.();
      return { cancelled: calls.has(call ?? "") };
    },
    ...fileOperations(rows, () => log("imported 4 servers", () => {})),
    config_check: () => ({ valid: true, problems: [] }),
    filter: ({ filter }) => ({ short: String(filter), json: {} }),
  };

  const handle = async (request: IncomingMessage, response: ServerResponse, next: Connect.NextFunction) => {
    const path = request.url?.split("?")[0] ?? "";
    if (!path.startsWith("/api/v1/")) return next();
    if (path === "/api/v1/events") {
      response
        .writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" })
        .write(": hello\n\n");
      streams.add(response);
      request.on("close", () => streams.delete(response));
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const name = path.slice("/api/v1/".length);
    if (name === "session") return void response.writeHead(204).end();
    try {
      const operation = operations[name as keyof Operations] ?? fail("unknown_operation", `no operation \`${name}\``);
      const result = await operation(JSON.parse(Buffer.concat(chunks).toString() || "{}"));
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(result));
    } catch (thrown) {
      response
        .writeHead(400, { "content-type": "application/json" })
        .end(
          JSON.stringify(
            thrown instanceof Error ? { code: "internal", message: String(thrown), detail: null } : thrown,
          ),
        );
    }
  };

  return {
    name: "mock-core",
    configureServer: (server) => void server.middlewares.use(handle),
    configurePreviewServer: (server) => {
      server.middlewares.use((_request, response, next) => {
        response.setHeader("content-security-policy", POLICY);
        next();
      });
      server.middlewares.use(handle);
    },
  };
}
