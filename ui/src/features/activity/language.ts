// uPlot makes a format for numbers as soon as it is loaded, of the browser's language. Where none is set, WebKitGTK calls it
// `C`, which is no language to it.
try {
  new Intl.NumberFormat(navigator.language);
} catch {
  Object.defineProperty(navigator, "language", { value: "en", configurable: true });
}
