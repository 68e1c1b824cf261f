import { useEffect, useId, useMemo, useRef, useState } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { number } from '../format/quantities.js';
import { resolveColor } from '../theme/resolve-color.js';
import { useTheme } from '../theme/theme.js';
import { smooth } from './smoothing.js';
import styles from './line-chart.module.css';

export interface Curve {
  label: string;
  /** Ascending. */
  xs: readonly number[];
  ys: readonly number[];
  /** Which of the theme's series colours, from 0. */
  color: number;
  dashed?: boolean;
}

interface LineChartProps {
  title: string;
  curves: Curve[];
  /** What the horizontal axis counts. */
  xLabel?: string;
  format?: (value: number) => string;
  /** 0 to below 1. The unsmoothed curve stays visible, faint. */
  smoothing?: number;
  /** Charts with the same key move their cursors together. */
  sync?: string;
  height?: number;
  /** Ends of the vertical axis; default: where the values are. */
  low?: number;
  high?: number;
}

const COLORS = 8;

/** Curves over steps. What the drawing shows is also said in words, and the legend holds the numbers under the cursor. */
export function LineChart(props: LineChartProps) {
  const { title, curves, xLabel = 'step', format = number, smoothing = 0, sync, height = 200, low, high } = props;
  const theme = useTheme();
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot>(undefined);
  const [cursor, setCursor] = useState<number | null>(null);
  const titleId = useId();

  const data = useMemo(() => align(curves, smoothing), [curves, smoothing]);
  const latestData = useRef(data);
  const formatValue = useRef(format);
  useEffect(() => {
    latestData.current = data;
    formatValue.current = format;
  });
  // What the chart is built from; its numbers are exchanged without building it again.
  const shape = JSON.stringify(curves.map(({ label, color, dashed }) => [label, color, dashed]));
  const isSmoothed = smoothing > 0;

  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const series = JSON.parse(shape) as [string, number, boolean | undefined][];
    const plot = new uPlot(
      {
        width: element.clientWidth,
        height,
        legend: { show: false },
        padding: [8, 8, 0, 0],
        cursor: {
          points: { size: 6 },
          drag: { x: true, y: false },
          ...(sync === undefined ? {} : { sync: { key: sync, setSeries: false } }),
        },
        scales: {
          x: { time: false },
          y: { range: low === undefined || high === undefined ? padded : [low, high] },
        },
        axes: [axis({ space: 70, values: (_, ticks) => ticks.map(compact) }), yAxis(formatValue)],
        series: [{}, ...series.flatMap(([label, color, dashed]) => lines(label, color, dashed === true, isSmoothed))],
        hooks: { setCursor: [(u) => setCursor(u.cursor.idx ?? null)] },
      },
      latestData.current,
      element,
    );
    chart.current = plot;
    const resized = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      chart.current = undefined;
      plot.destroy();
    };
  }, [shape, isSmoothed, height, low, high, sync, theme]);

  useEffect(() => {
    const plot = chart.current;
    if (plot === undefined || plot.data === data) return;
    const isZoomed = isZoomedIn(plot);
    plot.setData(data, !isZoomed);
    if (isZoomed) plot.redraw();
  }, [data]);

  const x = cursor === null ? undefined : data[0][cursor];
  return (
    <figure className={styles.chart} aria-labelledby={titleId}>
      <figcaption className={styles.caption}>
        <h3 id={titleId}>{title}</h3>
        <span className={styles.position}>{x === undefined ? xLabel : `${xLabel} ${x.toLocaleString('en')}`}</span>
      </figcaption>
      <ul className={styles.legend}>
        {curves.map((curve) => (
          <li key={curve.label}>
            <span
              className={curve.dashed === true ? styles.dash : styles.swatch}
              style={{ color: `var(${colorOf(curve.color)})` }}
              aria-hidden="true"
            />
            <span className={styles.label}>{curve.label}</span>
            <span className={styles.value}>{valueAt(curve, x, format)}</span>
          </li>
        ))}
      </ul>
      <div
        ref={box}
        className={styles.box}
        style={{ height }}
        role="img"
        aria-label={inWords(title, curves, xLabel, format)}
      />
    </figure>
  );
}

/** A person who has zoomed in keeps the view while new points arrive. Before the first drawing the scale has no bounds. */
function isZoomedIn(plot: uPlot): boolean {
  const { min, max } = plot.scales.x;
  const xs = plot.data[0];
  if (typeof min !== 'number' || typeof max !== 'number' || xs.length === 0) return false;
  return min > xs[0] || max < xs[xs.length - 1];
}

function colorOf(index: number): string {
  return `--series-${(index % COLORS) + 1}`;
}

/** One horizontal axis for all curves; where a curve has no point, it is joined across. */
function align(curves: readonly Curve[], smoothing: number): uPlot.AlignedData {
  if (curves.length === 0) return [[]];
  const tables = curves.map<uPlot.AlignedData>(({ xs, ys }) =>
    smoothing > 0 ? [[...xs], [...ys], smooth(ys, smoothing)] : [[...xs], [...ys]],
  );
  return uPlot.join(tables) as uPlot.AlignedData;
}

function lines(label: string, color: number, dashed: boolean, isSmoothed: boolean): uPlot.Series[] {
  const stroke = resolveColor(colorOf(color));
  const dash = dashed ? [5, 4] : undefined;
  const line: uPlot.Series = { label, stroke, width: 1.6, dash, spanGaps: true, points: { show: isSparse, size: 4 } };
  if (!isSmoothed) return [line];
  return [{ ...line, width: 1, alpha: 0.28, points: { show: false } }, line];
}

/** A curve of few points shows them: a line through two points says less than the points. */
function isSparse(plot: uPlot, series: number): boolean {
  const values = plot.data[series];
  let points = 0;
  for (const value of values) if (value !== null && value !== undefined) points += 1;
  return points > 0 && points <= 24;
}

function padded(_: uPlot, min: number | null, max: number | null): uPlot.Range.MinMax {
  if (min === null || max === null) return [0, 1];
  const room = max === min ? Math.abs(max) * 0.1 || 0.1 : (max - min) * 0.06;
  // Quantities that are never negative do not get an axis that is.
  return [min >= 0 ? Math.max(0, min - room) : min - room, max + room];
}

function axis(options: uPlot.Axis): uPlot.Axis {
  return {
    stroke: resolveColor('--text-muted'),
    font: '11px system-ui, sans-serif',
    grid: { stroke: resolveColor('--chart-grid'), width: 1 },
    ticks: { show: false },
    size: 24,
    gap: 4,
    ...options,
  };
}

function yAxis(format: { readonly current: (value: number) => string }): uPlot.Axis {
  return axis({
    size: (_, labels) => 14 + 6.2 * Math.max(3, ...(labels ?? []).map((label) => label.length)),
    space: 34,
    // Ticks are round numbers: "80 %" says as much as "80.0 %".
    values: (_, ticks) => ticks.map((tick) => format.current(tick).replace('.0 %', ' %')),
  });
}

/** 1500 → "1.5k". */
function compact(value: number): string {
  return Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 }).format(value);
}

/** The value at the cursor, or at the nearest step before it; the last one while there is no cursor. */
function valueAt(curve: Curve, x: number | undefined, format: (value: number) => string): string {
  if (curve.ys.length === 0) return '–';
  if (x === undefined) return format(curve.ys[curve.ys.length - 1]);
  const index = curve.xs.findLastIndex((step) => step <= x);
  return index === -1 ? '–' : format(curve.ys[index]);
}

function inWords(title: string, curves: readonly Curve[], xLabel: string, format: (value: number) => string): string {
  const parts = curves
    .filter((curve) => curve.ys.length > 0)
    .map(({ label, xs, ys }) => {
      const low = ys.reduce((least, value) => Math.min(least, value), Infinity);
      const high = ys.reduce((most, value) => Math.max(most, value), -Infinity);
      const last = ys.length - 1;
      return `${label}: ${format(ys[last])} at ${xLabel} ${xs[last]}, between ${format(low)} and ${format(high)}`;
    });
  return parts.length === 0 ? `${title}: no points yet` : `${title}. ${parts.join('; ')}`;
}
