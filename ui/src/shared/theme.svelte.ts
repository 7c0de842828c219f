import { keep, recall } from "./persist";

/** The choices; `system` follows the computer. */
export const THEMES = ["system", "light", "dark"] as const;
/** One of them. */
export type Theme = (typeof THEMES)[number];

const isTheme = (value: unknown): value is Theme => THEMES.includes(value as Theme);

class ThemeChoice {
  current = $state<Theme>(recall("theme", "system", isTheme));

  /** Sets, draws and stores the theme. */
  set(theme: Theme): void {
    this.current = theme;
    keep("theme", theme);
    this.apply();
  }

  /** The next of the three. */
  next(): void {
    const at = THEMES.indexOf(this.current);
    this.set(THEMES[(at + 1) % THEMES.length] ?? "system");
  }

  /** Sets the theme where the style sheet reads it. */
  apply(): void {
    if (this.current === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = this.current;
  }
}

/** The page's theme. */
export const theme = new ThemeChoice();
