/** Saves content as a file. A name from a server is only the last part of a file name: no folders. */
export function saveAs(name: string, mime: string, content: string | Uint8Array<ArrayBuffer>): void {
  const url = URL.createObjectURL(new Blob([content], { type: mime || "application/octet-stream" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = fileName(name);
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** The bytes of a base64 text; nothing if it is invalid. */
export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}

/** A name that a file can have on every system. */
export function fileName(name: string): string {
  const last = name.split(/[/\\]/).at(-1) ?? "";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  const plain = last.replace(/[\u0000-\u001f<>:"|?*]/g, "").replace(/^[.\s]+/, "");
  return plain.slice(-100) || "content";
}

/** The file name extension for a content type. */
export function ending(mime: string): string {
  const known: Record<string, string> = {
    "text/plain": "txt",
    "application/json": "json",
    "audio/mpeg": "mp3",
    "image/jpeg": "jpg",
    "text/markdown": "md",
  };
  return known[mime] ?? /^[a-z]+\/(?:x-)?([a-z0-9]{1,8})$/.exec(mime)?.[1] ?? "bin";
}
