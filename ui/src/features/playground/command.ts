/** A call as the command line makes it. Arguments are written on one line and quoted for a POSIX shell. */
export function asCommand(tool: string, argumentsText: string, server: string | null): string {
  const where = server ? ` --server ${shellQuote(server)}` : "";
  return `mcp-discovery call ${shellQuote(tool)} ${shellQuote(compact(argumentsText))}${where}`;
}

/** A call as the protocol carries it. */
export function asRequest(tool: string, argumentsText: string): string {
  const params = { name: tool, arguments: JSON.parse(compact(argumentsText)) };
  return JSON.stringify({ method: "tools/call", params }, null, 2);
}

/** Words that a shell takes as they are stay bare; all others are put in single quotes. */
export function shellQuote(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  return `'${word.replace(/'/g, `'\\''`)}'`;
}

function compact(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return "{}";
  }
}
