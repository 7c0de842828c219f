import { keep, recall } from "./persist";

/** The width of a pane, as the user left it. */
export class PaneWidth {
  /** In pixels. */
  width: number;
  readonly #key: string;

  constructor(
    key: string,
    /** Its label: `Width of the details`. */
    readonly name: string,
    readonly start: number,
    readonly least: number,
    readonly most: number,
  ) {
    this.#key = `pane.${key}`;
    const isWidth = (value: unknown): value is number => typeof value === "number" && value >= least && value <= most;
    this.width = $state(recall(this.#key, start, isWidth));
  }

  /** Sets the width, within limits, and stores it. */
  set(width: number): void {
    this.width = Math.round(Math.min(this.most, Math.max(this.least, width)));
    keep(this.#key, this.width);
  }

  reset(): void {
    this.set(this.start);
  }
}
