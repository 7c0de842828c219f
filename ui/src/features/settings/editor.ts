// The editor of the file, in a chunk of its own: nothing else imports CodeMirror.
import { defaultKeymap } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { openSearchPanel, search, searchKeymap } from "@codemirror/search";
import { Annotation, Compartment, EditorState, type Range, RangeSet, StateEffect, StateField } from "@codemirror/state";
import {
  Decoration,
  type DecorationSet,
  drawSelection,
  EditorView,
  GutterMarker,
  gutterLineClass,
  highlightSpecialChars,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { changeTo, type Typed } from "../../shared/config/text";

/** What is marked: lines from 1. */
export interface Marks {
  changed: ReadonlySet<number>;
  /** The lines of the field that has the focus, or of the one at the caret. */
  on: readonly [from: number, to: number] | null;
  bad: readonly { line: number; column: number; isError: boolean }[];
}

export interface EditorEvents {
  typed: (typed: Typed[]) => void;
  /** The user moved the caret to another line. */
  moved: (line: number) => void;
  focused: (has: boolean) => void;
}

const fromOutside = Annotation.define<boolean>();
const setMarks = StateEffect.define<Marks>();

class LineClass extends GutterMarker {
  override elementClass: string;
  constructor(name: string) {
    super();
    this.elementClass = name;
  }
}

const IN_GUTTER = {
  changed: new LineClass("chg"),
  on: new LineClass("on"),
  bad: new LineClass("bad"),
  warned: new LineClass("warned"),
};

const marked = StateField.define<{ lines: DecorationSet; gutter: RangeSet<GutterMarker> }>({
  create: () => ({ lines: Decoration.none, gutter: RangeSet.empty }),
  update(value, transaction) {
    const set = transaction.effects.find((effect) => effect.is(setMarks));
    if (set) return draw(transaction.state, set.value);
    return transaction.docChanged
      ? { lines: value.lines.map(transaction.changes), gutter: value.gutter.map(transaction.changes) }
      : value;
  },
  provide: (field) => [
    EditorView.decorations.from(field, ({ lines }) => lines),
    gutterLineClass.from(field, ({ gutter }) => gutter),
  ],
});

function draw(state: EditorState, marks: Marks): { lines: DecorationSet; gutter: RangeSet<GutterMarker> } {
  const lines: Range<Decoration>[] = [];
  const gutter: Range<GutterMarker>[] = [];
  const bad = new Map(marks.bad.map((one) => [one.line, one]));
  const { doc } = state;
  const [first, last] = marks.on ?? [1, 0];
  const numbers = new Set([...marks.changed, ...bad.keys()]);
  for (let line = first; line <= last; line++) numbers.add(line);
  for (const number of [...numbers]
    .filter((line) => line >= 1 && line <= doc.lines)
    .sort((one, other) => one - other)) {
    const { from, to } = doc.line(number);
    const problem = bad.get(number);
    const name = problem ? (problem.isError ? "bad" : "warned") : number >= first && number <= last ? "on" : "changed";
    lines.push(Decoration.line({ class: `cm-${name}` }).range(from));
    gutter.push(IN_GUTTER[name].range(from));
    if (problem) {
      const at = Math.min(from + problem.column - 1, to);
      const end = at + (/^\S+/.exec(doc.sliceString(at, to))?.[0].length ?? 0);
      if (end > at) lines.push(Decoration.mark({ class: problem.isError ? "cm-fault" : "cm-doubt" }).range(at, end));
    }
  }
  return { lines: Decoration.set(lines, true), gutter: RangeSet.of(gutter) };
}

const highlight = HighlightStyle.define([
  { tag: tags.comment, color: "var(--muted)" },
  {
    tag: [tags.string, tags.number, tags.bool, tags.content, tags.literal, tags.special(tags.string)],
    fontWeight: "600",
  },
  { tag: [tags.propertyName, tags.definition(tags.propertyName), tags.punctuation, tags.separator], fontWeight: "400" },
]);

const look = EditorView.theme({
  "&": { height: "100%", color: "var(--text)", backgroundColor: "var(--surface)" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": {
    fontFamily: "var(--mono)",
    fontSize: "12px",
    lineHeight: "20px",
    scrollbarWidth: "thin",
    scrollbarColor: "var(--unk) transparent",
  },
  ".cm-content": { padding: "8px 0", caretColor: "var(--text)" },
  ".cm-line": { padding: "0 12px 0 12px" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    background: "color-mix(in srgb, var(--accent) 28%, transparent)",
  },
  ".cm-gutters": { backgroundColor: "var(--surface)", color: "var(--muted)", border: "0" },
  ".cm-lineNumbers .cm-gutterElement": {
    minWidth: "43px",
    padding: "0",
    borderLeft: "3px solid transparent",
    fontVariantNumeric: "tabular-nums",
  },
  ".cm-gutterElement.chg": { borderLeftColor: "var(--accent)" },
  ".cm-gutterElement.on": { borderLeftColor: "var(--accent)", backgroundColor: "var(--accent-tint)" },
  ".cm-gutterElement.bad": {
    borderLeftColor: "var(--down)",
    backgroundColor: "var(--down-tint)",
    color: "var(--down-text)",
    fontWeight: "700",
  },
  ".cm-gutterElement.warned": { borderLeftColor: "var(--warn)", color: "var(--warn-text)", fontWeight: "700" },
  ".cm-on": { backgroundColor: "var(--accent-tint)" },
  ".cm-bad": { backgroundColor: "var(--down-tint)" },
  ".cm-fault": { textDecoration: "underline wavy var(--down) 1px", textUnderlineOffset: "3px" },
  ".cm-doubt": { textDecoration: "underline wavy var(--warn) 1px", textUnderlineOffset: "3px" },
  ".cm-panels": { backgroundColor: "var(--bg)", color: "var(--text)", borderBottom: "1px solid var(--hair)" },
  ".cm-panels-top": { borderBottom: "1px solid var(--hair)" },
  ".cm-search": { padding: "8px 12px", fontFamily: "var(--font)", fontSize: "12px" },
  ".cm-search label": { fontSize: "12px", color: "var(--text)" },
  ".cm-textfield": {
    height: "28px",
    border: "1px solid var(--line)",
    borderRadius: "var(--r)",
    backgroundColor: "var(--surface)",
    color: "var(--text)",
    fontSize: "13px",
  },
  ".cm-button": {
    height: "28px",
    border: "1px solid var(--line)",
    borderRadius: "var(--r)",
    backgroundImage: "none",
    backgroundColor: "var(--surface)",
    color: "var(--text)",
    fontSize: "13px",
  },
  ".cm-search [name=close]": { color: "var(--text)", width: "24px", height: "24px", fontSize: "16px" },
  ".cm-searchMatch": { backgroundColor: "var(--warn-tint)" },
  ".cm-searchMatch-selected": { backgroundColor: "color-mix(in srgb, var(--accent) 35%, transparent)" },
});

/** The file in an editor, within a shadow root: so its styles are sheets of their own, which the window's policy lets in. */
export class FileEditor {
  readonly #view: EditorView;
  readonly #editable = new Compartment();

  constructor(root: ShadowRoot, text: string, label: string, canEdit: boolean, events: EditorEvents) {
    const heard = EditorView.updateListener.of((update) => {
      const ours = update.transactions.some((one) => one.annotation(fromOutside));
      if (update.docChanged && !ours) {
        const typed: Typed[] = [];
        update.changes.iterChanges((from, to, _, __, insert) => typed.push({ from, to, insert: insert.toString() }));
        events.typed(typed);
      }
      if (update.focusChanged) events.focused(update.view.hasFocus);
      if (update.selectionSet && !ours && update.view.hasFocus) events.moved(this.line());
    });
    // Undo belongs to the draft, which knows the forms as well: there is no history here.
    const keys = keymap.of([...searchKeymap, ...defaultKeymap.filter(({ key }) => key !== "Mod-Enter")]);
    const extensions = [
      lineNumbers(),
      highlightSpecialChars(),
      drawSelection(),
      yaml(),
      syntaxHighlighting(highlight),
      search({ top: true }),
      keys,
      marked,
      look,
      heard,
      // The browser's own undo does not know changes made in the forms.
      EditorView.domEventHandlers({
        beforeinput: (event) => {
          if (event.inputType.startsWith("history")) event.preventDefault();
        },
      }),
      EditorState.tabSize.of(2),
      EditorView.contentAttributes.of({
        "aria-label": label,
        tabindex: "0",
        spellcheck: "false",
        autocapitalize: "off",
      }),
      this.#editable.of(EditorState.readOnly.of(!canEdit)),
    ];
    this.#view = new EditorView({ state: EditorState.create({ doc: text, extensions }), parent: root, root });
  }

  /** Shows this text; equal parts stay as they are, with the caret. */
  show(text: string): void {
    const change = changeTo(this.#view.state.doc.toString(), text);
    if (change) this.#view.dispatch({ changes: change, annotations: fromOutside.of(true) });
  }

  mark(marks: Marks): void {
    this.#view.dispatch({ effects: setMarks.of(marks), annotations: fromOutside.of(true) });
  }

  canEdit(can: boolean): void {
    this.#view.dispatch({
      effects: this.#editable.reconfigure(EditorState.readOnly.of(!can)),
      annotations: fromOutside.of(true),
    });
  }

  /** Scrolls a line into view, if it is not visible. Only the text is scrolled: the user looks elsewhere. */
  reveal(line: number): void {
    const { top, bottom } = this.#view.lineBlockAt(this.#place(line, 1));
    const { scrollTop, clientHeight } = this.#view.scrollDOM;
    if (top < scrollTop || bottom > scrollTop + clientHeight) this.#view.scrollDOM.scrollTop = top - clientHeight / 3;
  }

  /** Puts the caret there, with the keyboard focus. */
  go(line: number, column = 1): void {
    const at = this.#place(line, column);
    this.#view.dispatch({
      selection: { anchor: at },
      effects: EditorView.scrollIntoView(at, { y: "center" }),
      annotations: fromOutside.of(true),
    });
    this.#view.focus();
  }

  /** The line of the caret. */
  line(): number {
    const { state } = this.#view;
    return state.doc.lineAt(state.selection.main.head).number;
  }

  focus(): void {
    this.#view.focus();
  }

  search(): void {
    openSearchPanel(this.#view);
  }

  destroy(): void {
    this.#view.destroy();
  }

  #place(line: number, column: number): number {
    const { doc } = this.#view.state;
    const { from, to } = doc.line(Math.min(Math.max(1, line), doc.lines));
    return Math.min(from + column - 1, to);
  }
}
