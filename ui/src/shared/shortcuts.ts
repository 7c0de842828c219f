/** The keyboard shortcuts that work everywhere, for the dialog that lists them. */
export const SHORTCUTS: readonly { keys: string; does: string }[] = [
  {
    keys: "Ctrl+1, 2, 3, 4, 5, 7, 8, 9",
    does: "Discover, Servers, Topology, Routing, Playground, Activity, Connect, Settings",
  },
  { keys: "Ctrl+K", does: "Go to a screen, a server, a tool, or do something" },
  { keys: "/", does: "Filter or find on this screen" },
  { keys: "Esc", does: "Close what is open" },
  { keys: "Ctrl+Enter", does: "Run the call" },
  { keys: "Ctrl+Z", does: "Undo the newest change" },
  { keys: "Ctrl+Shift+Z, Ctrl+Y", does: "Redo what was undone" },
  { keys: "↑ ↓ Home End", does: "Move in a list" },
  { keys: "Enter", does: "Open the row" },
  { keys: "Space", does: "Select the row" },
  { keys: "Delete", does: "Remove the row, or the selected ones" },
  { keys: "C", does: "Check the server now" },
  { keys: "P", does: "Pause or resume the server" },
  { keys: "E", does: "Edit the server" },
  { keys: "+, −, 0", does: "Zoom the topology in or out, or fit it into the window" },
  { keys: "← ↑ → ↓", does: "Move from server to server in the topology" },
  { keys: "Page Up, Page Down", does: "Move from box to box in the topology" },
  { keys: "D", does: "Pretend that the server, or all of the box, is down" },
  { keys: "Alt+↑, Alt+↓", does: "Move the rule up or down" },
  { keys: "Ctrl+S", does: "Save the rules, or the settings" },
  { keys: "Ctrl+F", does: "Find in the file of the settings" },
  { keys: "F8, Shift+F8", does: "Next or previous problem of the settings" },
  { keys: "?", does: "This list" },
];

/** An open dialog receives all keys: the page behind it gets none. */
export function isInDialog(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("[role=dialog]") !== null;
}

/** Keys belong to the text that is being edited, not to the page. */
export function isEditing(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  // From outside, what happens in a shadow root happens to its host.
  const inner = target.shadowRoot?.activeElement;
  if (inner) return isEditing(inner);
  return target.isContentEditable || target.matches("input:not([type=checkbox]), textarea, select");
}
