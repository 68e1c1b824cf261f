import { markup, type Markup } from './markup.js';

export type Cell = string | number | Markup;

/** A table whose first column names its rows. It scrolls within itself where it is wider than the page. */
export function table(caption: string, titles: readonly string[], rows: readonly (readonly Cell[])[]): Markup {
  const head = titles.map((title) => markup`<th scope="col">${title}</th>`);
  const body = rows.map(
    ([name, ...cells]) => markup`<tr><th scope="row">${name}</th>${cells.map((cell) => markup`<td>${cell}</td>`)}</tr>`,
  );
  return markup`<div class="scroll" tabindex="0" role="region" aria-label="${caption}">
<table><caption>${caption}</caption><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>
</div>`;
}

/** A plot with its title, and its numbers behind it for whoever can't see it or wants to copy them. */
export function figure(title: string, note: string, plot: Markup, numbers: Markup): Markup {
  return markup`<figure>
<figcaption><strong>${title}</strong> <span class="note">${note}</span></figcaption>
${plot}
<details><summary>The numbers behind “${title}”</summary>${numbers}</details>
</figure>`;
}
