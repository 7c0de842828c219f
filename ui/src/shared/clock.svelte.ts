/** The time, for ages on the screen: it advances once a second. */
class Clock {
  now = $state(Date.now());

  constructor() {
    setInterval(() => {
      this.now = Date.now();
    }, 1_000);
  }
}

/** One clock for the page, so that all ages change together. */
export const clock = new Clock();
