import { messages } from "./messages.svelte";

/** Puts text on the clipboard and says so; where the browser refuses, says that. */
export async function copy(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    messages.say(`${what} copied`);
  } catch {
    messages.say("The browser did not allow copying. Select the text and press Ctrl+C.");
  }
}
