import "./language";
import uPlot from "uplot";
import { lonely } from "./figures";
import "uplot/dist/uPlot.min.css";

/** A line, or bars, by the name of its colour among the tokens. */
export interface Line {
  colour: string;
  values: readonly (number | null)[];
  dashed?: boolean;
  bars?: boolean;
}

export interface Drawing {
  /** When, in seconds, and the span that is shown. */
  at: readonly number[];
  span: readonly [number, number];
  lines: readonly Line[];
  /** The top of the scale. */
  top: number;
}

/** A chart without axes of its own: the figures beside it are text of the page. */
export class Plot {
  readonly #plot: uPlot;
  #drawn: Drawing;
  readonly #box: HTMLElement;

  constructor(box: HTMLElement, drawing: Drawing, height: number) {
    this.#box = box;
    this.#drawn = drawing;
    this.#plot = new uPlot(this.#options(drawing, height), dataOf(drawing), box);
  }

  /** Draws other figures. */
  show(drawing: Drawing): void {
    this.#drawn = drawing;
    this.#plot.setData(dataOf(drawing));
  }

  /** Draws again after a change of colours or size. */
  redraw(width: number): void {
    if (width > 0 && width !== this.#plot.width) this.#plot.setSize({ width, height: this.#plot.height });
    else this.#plot.redraw(false, false);
  }

  destroy(): void {
    this.#plot.destroy();
  }

  #options(drawing: Drawing, height: number): uPlot.Options {
    const { bars } = uPlot.paths;
    return {
      width: Math.max(1, this.#box.clientWidth),
      height,
      padding: [1, 0, 1, 0],
      legend: { show: false },
      cursor: { show: false },
      select: { show: false, left: 0, top: 0, width: 0, height: 0 },
      scales: { x: { time: false, range: () => [...this.#drawn.span] }, y: { range: () => [0, this.#drawn.top] } },
      axes: [{ show: false }, { show: false }],
      hooks: { drawClear: [(plot) => this.#lines(plot)] },
      series: [
        {},
        ...drawing.lines.map(
          (line): uPlot.Series => ({
            stroke: () => this.#colour(line.colour),
            fill: line.bars ? () => this.#colour(line.colour) : () => "transparent",
            width: 1.5,
            dash: line.dashed ? [4, 3] : [],
            points: {
              show: !line.bars,
              size: 4,
              width: 0,
              fill: () => this.#colour(line.colour),
              filter: (_, at) => lonely(this.#drawn.lines[at - 1]?.values ?? []),
            },
            ...(line.bars && bars ? { paths: bars({ size: [0.7, 8] }) } : {}),
          }),
        ),
      ],
    };
  }

  /** Three horizontal lines, to read a height by. */
  #lines(plot: uPlot): void {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.strokeStyle = this.#colour("--hair");
    ctx.lineWidth = devicePixelRatio;
    for (const part of [0, 0.5, 1]) {
      const y = Math.round(bbox.top + part * bbox.height) + (part === 1 ? -0.5 : 0.5);
      ctx.beginPath();
      ctx.moveTo(bbox.left, y);
      ctx.lineTo(bbox.left + bbox.width, y);
      ctx.stroke();
    }
    ctx.restore();
  }

  /** The value of a token in the current theme: `light-dark()` works in a style, not on a canvas. */
  #colour(token: string): string {
    this.#box.style.color = `var(${token})`;
    return getComputedStyle(this.#box).color;
  }
}

function dataOf({ at, lines }: Drawing): uPlot.AlignedData {
  return [[...at], ...lines.map(({ values }) => [...values])] as uPlot.AlignedData;
}
