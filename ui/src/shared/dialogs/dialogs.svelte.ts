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
  /** The initial values of the form for a new server. */
  address = "";

  open(name: DialogName, address = ""): void {
    this.address = address;
    this.current = name;
  }

  close(): void {
    this.current = null;
  }
}

/** The open dialog. */
export const dialogs = new Dialogs();
