import { messages } from "./messages.svelte";

/** Copies text to the clipboard and reports it; a refusal of the browser is reported too. */
export async function copy(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    messages.say(`${what} copied`);
  } catch {
    messages.say("The browser did not allow copying. Select the text and press Ctrl+C.");
  }
}
