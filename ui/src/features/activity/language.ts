// uPlot creates a number format as soon as it is loaded, in the browser's language. If none is set, WebKitGTK reports
// `C`, which it does not accept as a language.
try {
  new Intl.NumberFormat(navigator.language);
} catch {
  Object.defineProperty(navigator, "language", { value: "en", configurable: true });
}
