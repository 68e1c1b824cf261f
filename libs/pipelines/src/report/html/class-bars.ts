import type { Evaluation } from '#contracts';
import { markup, type Markup } from './markup.js';
import { percent, whole } from './number-words.js';

/** Precision, recall and F1 of each class: a table whose cells are bars, so that the numbers are the plot. */
export function classBars(perClass: Evaluation['perClass']): Markup {
  const bar = (share: number | null | undefined): Markup =>
    share === null || share === undefined
      ? markup`<td class="bar-cell"><span class="none">–</span></td>`
      : markup`<td class="bar-cell"><span class="bar-value">${percent(share)}</span><span class="track" aria-hidden="true"><span style="width: ${(share * 100).toFixed(1)}%"></span></span></td>`;
  const rows = perClass.map(
    ({ name, images, precision, recall, f1 }) =>
      markup`<tr><th scope="row">${name}</th><td>${whole(images)}</td>${bar(precision)}${bar(recall)}${bar(f1)}</tr>`,
  );
  const caption = 'Precision, recall and F1 of each class, on the test images';
  return markup`<div class="scroll tall" tabindex="0" role="region" aria-label="${caption}"><table class="bars">
<caption>${caption}</caption>
<thead><tr>${['Class', 'Test images', 'Precision', 'Recall', 'F1'].map((title) => markup`<th scope="col">${title}</th>`)}</tr></thead>
<tbody>${rows}</tbody></table></div>`;
}
