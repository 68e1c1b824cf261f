import type { CurvePoint } from '../run-record.js';
import type { Markup } from './markup.js';

/** What a page shows beyond `report.json`. */
export interface PageExtras {
  /** Metrics of the training, by name. */
  curves: ReadonlyMap<string, readonly CurvePoint[]>;
  /** `data:` addresses, as many as there are mistakes. */
  thumbnails: readonly string[];
}

/** A part of the page: its heading, and what is below it. */
export interface Section {
  id: string;
  title: string;
  body: Markup;
}
