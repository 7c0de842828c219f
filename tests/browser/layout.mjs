// What a browser measures of a page: boxes that lie on each other, run out of their own, or are cut without saying so.

/** Runs in the page: one line for each fault. */
export function faultsOf() {
  const shown = (element) => {
    const style = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    if (style.visibility === "hidden" || style.display === "none" || Number(style.opacity) === 0) return false;
    if (box.width < 1 || box.height < 1) return false;
    // What is for screen readers alone has a pixel and is clipped.
    return !((style.clipPath !== "none" || style.clip !== "auto") && box.width <= 2);
  };
  const named = (element) => {
    const text = (element.getAttribute("aria-label") ?? element.textContent ?? "")
      .trim()
      .replace(/\s+/g, " ")
      .slice(0, 40);
    const id = element.id ? `#${element.id}` : "";
    return `${element.tagName.toLowerCase()}${id}.${[...element.classList].filter((name) => !name.startsWith("svelte-")).join(".")} “${text}”`;
  };
  const faults = [];
  const root = document.querySelector("[role=dialog]") ?? document.body;

  // Nothing runs out of the window to the side.
  for (const wide of [document.scrollingElement, document.querySelector("main")]) {
    if (wide && wide.scrollWidth > wide.clientWidth + 1)
      faults.push(`the page scrolls sideways: ${wide.scrollWidth} > ${wide.clientWidth}`);
  }

  // What is open over the page lies on it on purpose.
  const floats = (element) => element.closest("[role=listbox], [role=menu], .pop");
  const inside = (outer, inner) => outer.contains(inner) || inner.contains(outer) || floats(outer) !== floats(inner);
  /** The part of an element that is seen: what scrolls or cuts around it takes the rest away. */
  const seen = (element) => {
    let { left, top, right, bottom } = element.getBoundingClientRect();
    for (let around = element.parentElement; around; around = around.parentElement) {
      if (!/auto|scroll|hidden|clip/.test(getComputedStyle(around).overflow)) continue;
      const box = around.getBoundingClientRect();
      [left, top, right, bottom] = [
        Math.max(left, box.left),
        Math.max(top, box.top),
        Math.min(right, box.right),
        Math.min(bottom, box.bottom),
      ];
    }
    return { left, top, right, bottom, empty: right - left < 2 || bottom - top < 2 };
  };

  // Controls lie on no other control.
  const controls = [
    ...root.querySelectorAll("button, a[href], input:not([type=file]), select, textarea, [role=tab], [role=separator]"),
  ].filter(shown);
  // A divider has a few pixels around its line for the pointer.
  const pressed = controls.filter((one) => one.getAttribute("role") !== "separator");
  const boxes = pressed.map((element) => ({ element, box: seen(element) })).filter(({ box }) => !box.empty);
  for (let at = 0; at < boxes.length; at++) {
    for (let other = at + 1; other < boxes.length; other++) {
      const [a, b] = [boxes[at], boxes[other]];
      if (inside(a.element, b.element)) continue;
      const width = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
      const height = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
      if (width > 1.5 && height > 1.5) faults.push(`${named(a.element)} lies on ${named(b.element)}`);
    }
  }

  // Texts: cut only with a tooltip, never over their neighbours.
  const hinted = (element) => element.closest("[title]") !== null;
  for (const element of root.querySelectorAll("*")) {
    if (!shown(element) || element.closest("svg, pre, textarea, select, [aria-hidden=true]")) continue;
    const text = [...element.childNodes].some(
      (node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim() !== "",
    );
    if (!text) continue;
    const style = getComputedStyle(element);
    const hides = /hidden|clip/.test(style.overflowX);
    if (hides && element.scrollWidth > element.clientWidth + 1 && !hinted(element))
      faults.push(`cut without a tooltip: ${named(element)}`);
    if (/hidden|clip/.test(style.overflowY) && element.scrollHeight > element.clientHeight + 4 && !hinted(element))
      faults.push(`its lower lines are cut without a tooltip: ${named(element)}`);
    if (hides || style.display === "inline") continue;
    if (element.scrollWidth > element.clientWidth + 1 && style.overflowX === "visible" && element.clientWidth > 0) {
      faults.push(`runs out of its box: ${named(element)} ${element.scrollWidth} > ${element.clientWidth}`);
    }
  }

  // A control is whole, or scrolls into view.
  for (const element of controls) {
    const its = element.getBoundingClientRect();
    for (let around = element.parentElement; around && root.contains(around); around = around.parentElement) {
      const { overflowX, overflowY } = getComputedStyle(around);
      if (/auto|scroll/.test(overflowX + overflowY)) break;
      const box = around.getBoundingClientRect();
      const cut =
        (/hidden|clip/.test(overflowX) && (its.right > box.right + 1.5 || its.left < box.left - 1.5)) ||
        (/hidden|clip/.test(overflowY) && (its.bottom > box.bottom + 1.5 || its.top < box.top - 1.5));
      if (cut) faults.push(`a control is cut: ${named(element)} by ${named(around)}`);
    }
  }

  // No text lies on another one, or on a control that it is no part of.
  const texts = [];
  for (const element of root.querySelectorAll("*")) {
    if (!shown(element) || element.closest("svg, textarea, select, [aria-hidden=true]")) continue;
    for (const node of element.childNodes) {
      if (node.nodeType !== Node.TEXT_NODE || node.textContent.trim() === "") continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      const frame = seen(element);
      const own = /auto|scroll|hidden|clip/.test(getComputedStyle(element).overflow)
        ? element.getBoundingClientRect()
        : frame;
      for (const rect of [...range.getClientRects()].slice(0, 12)) {
        const box = {
          left: Math.max(rect.left, frame.left, own.left),
          top: Math.max(rect.top, frame.top, own.top),
          right: Math.min(rect.right, frame.right, own.right),
          bottom: Math.min(rect.bottom, frame.bottom, own.bottom),
        };
        if (box.right - box.left > 2 && box.bottom - box.top > 2) texts.push({ element, box });
      }
    }
  }
  const onTop = (element) => element.closest("[role=row].header, thead, .group") !== null;
  const against = [...texts, ...boxes.map(({ element, box }) => ({ element, box }))];
  for (let at = 0; at < texts.length; at++) {
    for (let other = at + 1; other < against.length; other++) {
      const [a, b] = [texts[at], against[other]];
      const width = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
      const height = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
      if (width <= 2 || height <= 4 || inside(a.element, b.element)) continue;
      // Rows go under a head that stays.
      if (onTop(a.element) !== onTop(b.element)) continue;
      faults.push(`a text lies on another: ${named(a.element)} and ${named(b.element)}`);
    }
  }

  // Nothing runs out of the pane it stands in.
  for (const pane of root.querySelectorAll("aside, section, header, .dfoot, .lfoot, .run, .act, .head, .bar, .toast")) {
    if (!shown(pane)) continue;
    const box = pane.getBoundingClientRect();
    for (const child of pane.querySelectorAll("button, input, select, .st, h1, h2")) {
      if (!shown(child) || seen(child).empty) continue;
      const its = child.getBoundingClientRect();
      if (
        its.right > box.right + 1.5 &&
        getComputedStyle(pane).overflowX === "visible" &&
        seen(child).right > box.right + 1.5
      ) {
        faults.push(`runs out of its pane: ${named(child)} by ${Math.round(its.right - box.right)} px`);
      }
    }
  }
  return [...new Set(faults)];
}
