/** The dialogs that every screen can open. */
export type DialogName =
  | "add"
  | "import"
  | "export"
  | "removed"
  | "palette"
  | "shortcuts"
  | "about"
  | "notices"
  | "closing";

class Dialogs {
  current = $state<DialogName | null>(null);
  /** What the form for a new server begins with. */
  address = "";

  open(name: DialogName, address = ""): void {
    this.address = address;
    this.current = name;
  }

  close(): void {
    this.current = null;
  }
}

/** Which dialog is open. */
export const dialogs = new Dialogs();
