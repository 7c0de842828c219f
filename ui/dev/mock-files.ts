import type { Exported, ImportReport, ServerRow } from "../src/host/bindings.ts";

/** Import and export of made-up servers; `undo` enters what an import did into the journal. */
export function fileOperations(rows: readonly ServerRow[], undo: () => number) {
  return {
    import: (): ImportReport => ({
      added: 3,
      updated: 1,
      unchanged: 2,
      warnings: [
        'servers."legacy": no transport, left out',
        "line 14, column 22: bare `Infinity` read as no response time",
      ],
      undo: undo(),
    }),
    export: (): Exported => ({
      file: "servers.json",
      text: JSON.stringify(
        {
          servers: Object.fromEntries(
            rows.map((row) => [row.id, { name: row.name, transport: row.transport, url: row.url }]),
          ),
        },
        null,
        2,
      ),
      servers: rows.length,
    }),
  };
}
