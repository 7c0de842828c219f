/** The dialogs that every screen can open. */
export type DialogName = "add" | "import" | "export" | "removed" | "palette" | "shortcuts" | "notices";

class Dialogs {
  current = $state<DialogName | null>(null);

  open(name: DialogName): void {
    this.current = name;
  }

  close(): void {
    this.current = null;
  }
}

/** Which dialog is open. */
export const dialogs = new Dialogs();
