/** A handle by which a call can be cancelled. Not `randomUUID`, which pages without TLS do not have off loopback. */
export function handle(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
