import { markup, type Markup } from './markup.js';

export interface Line {
  name: string;
  points: readonly { x: number; y: number }[];
}

export interface LinePlotOptions {
  /** What the plot shows, in a sentence: read out in its place. */
  description: string;
  xTitle: string;
  yTitle: string;
  /** Default: of the points. */
  yRange?: readonly [number, number];
  /** How values are written at the axes. */
  x(value: number): string;
  y(value: number): string;
  /** Marks each point. */
  marks?: boolean;
}

const WIDTH = 470;
const HEIGHT = 260;
const LEFT = 70;
const RIGHT = 12;
const TOP = 12;
const BOTTOM = 42;
/** Colours and dashes, so that lines differ for whoever does not see colours. */
export const LINE_STYLES = 6;

/** Lines over a common x axis, as SVG with a legend. */
export function linePlot(lines: readonly Line[], options: LinePlotOptions): Markup {
  const points = lines.flatMap((line) => line.points);
  const [xLow, xHigh] = rangeOf(points.map(({ x }) => x));
  const [yLow, yHigh] = options.yRange ?? rangeOf(points.map(({ y }) => y));
  const across = (x: number) => LEFT + ((x - xLow) / (xHigh - xLow || 1)) * (WIDTH - LEFT - RIGHT);
  const down = (y: number) => HEIGHT - BOTTOM - ((y - yLow) / (yHigh - yLow || 1)) * (HEIGHT - TOP - BOTTOM);
  const yTicks = ticks(yLow, yHigh, 5).map(
    (y) =>
      markup`<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at(down(y))}" y2="${at(down(y))}"/><text x="${LEFT - 6}" y="${at(down(y) + 4)}" text-anchor="end">${options.y(y)}</text>`,
  );
  const xTicks = ticks(xLow, xHigh, 6).map(
    (x) => markup`<text x="${at(across(x))}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle">${options.x(x)}</text>`,
  );
  const drawn = lines.map(({ points }, i) => {
    const path = points.map(({ x, y }, k) => `${k === 0 ? 'M' : 'L'}${at(across(x))} ${at(down(y))}`).join('');
    const marks = options.marks
      ? points.map(({ x, y }) => markup`<circle cx="${at(across(x))}" cy="${at(down(y))}" r="3.5"/>`)
      : [];
    return markup`<g class="line line-${i % LINE_STYLES}"><path d="${path}"/>${marks}</g>`;
  });
  return markup`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${options.description}">
<title>${options.description}</title>
${yTicks}${xTicks}
<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 6}" text-anchor="middle">${options.xTitle}</text>
<text transform="translate(12 ${(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle">${options.yTitle}</text>
${drawn}
</svg>
<ul class="legend">${lines.map(({ name }, i) => markup`<li><svg class="key" viewBox="0 0 28 8" aria-hidden="true"><g class="line line-${i % LINE_STYLES}"><path d="M0 4L28 4"/></g></svg>${name}</li>`)}</ul>`;
}

function rangeOf(values: readonly number[]): [number, number] {
  return [values.reduce((a, b) => Math.min(a, b), Infinity), values.reduce((a, b) => Math.max(a, b), -Infinity)];
}

/** Round values between two ends: about `count` of them. */
export function ticks(low: number, high: number, count: number): number[] {
  if (!(high > low)) return [low];
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough)!;
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** A coordinate, short. */
function at(value: number): string {
  return String(Math.round(value * 10) / 10);
}
