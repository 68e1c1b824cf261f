import type { Evaluation } from '#contracts';
import { markup, type Markup } from './markup.js';
import { percent, whole } from './number-words.js';
import { table } from './table.js';

/** With more classes the cells are too small for numbers. */
const MOST_CLASSES_IN_FULL = 24;
const CONFUSIONS = 20;

/** The confusion matrix: in full where there are few classes, else as a picture with the most frequent confusions. */
export function confusionMatrix(classes: readonly string[], matrix: Evaluation['confusionMatrix']): Markup {
  return classes.length <= MOST_CLASSES_IN_FULL
    ? markup`${inFull(classes, matrix)}${confusions(classes, matrix)}`
    : markup`${picture(classes, matrix)}${confusions(classes, matrix)}`;
}

function inFull(classes: readonly string[], matrix: Evaluation['confusionMatrix']): Markup {
  const rows = matrix.map((row, label) => {
    const images = row.reduce((sum, count) => sum + count, 0);
    const cells = row.map((count, prediction) => {
      const strength = images === 0 ? 0 : Math.round((count / images) * 100);
      const kind = label === prediction ? 'right' : 'wrong';
      return markup`<td class="cell ${kind}" style="--strength: ${strength}%">${count === 0 ? markup`<span class="zero">0</span>` : whole(count)}</td>`;
    });
    return markup`<tr><th scope="row">${classes[label]}</th>${cells}</tr>`;
  });
  const caption = 'Confusion matrix: rows are labels, columns are answers, numbers are test images';
  return markup`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table class="matrix">
<caption>${caption}</caption>
<thead><tr><td></td>${classes.map((name) => markup`<th scope="col" title="${name}"><span>${name}</span></th>`)}</tr></thead>
<tbody>${rows}</tbody></table></div>`;
}

function picture(classes: readonly string[], matrix: Evaluation['confusionMatrix']): Markup {
  const cells = matrix.flatMap((row, label) => {
    const images = row.reduce((sum, count) => sum + count, 0);
    return row.flatMap((count, prediction) =>
      count === 0
        ? []
        : markup`<rect class="${label === prediction ? 'right' : 'wrong'}" x="${prediction}" y="${label}" width="1" height="1" opacity="${Math.max(0.15, count / images).toFixed(2)}"/>`,
    );
  });
  const right = matrix.reduce((sum, row, label) => sum + row[label], 0);
  const description = `Confusion matrix of ${classes.length} classes as a picture: ${whole(right)} answers are on the diagonal. Rows are labels, columns are answers`;
  return markup`<svg class="square picture" viewBox="0 0 ${classes.length} ${classes.length}" role="img" aria-label="${description}">
<title>${description}</title><rect class="frame" x="0" y="0" width="${classes.length}" height="${classes.length}"/>${cells}</svg>`;
}

function confusions(classes: readonly string[], matrix: Evaluation['confusionMatrix']): Markup | undefined {
  const found = matrix
    .flatMap((row, label) => row.map((count, prediction) => ({ label, prediction, count })))
    .filter(({ label, prediction, count }) => label !== prediction && count > 0)
    .sort((a, b) => b.count - a.count)
    .slice(0, CONFUSIONS);
  if (found.length === 0) return markup`<p>No test image was taken for another class.</p>`;
  const rows = found.map(({ label, prediction, count }) => {
    const images = matrix[label].reduce((sum, each) => sum + each, 0);
    return [classes[label], classes[prediction], whole(count), percent(count / images)];
  });
  return markup`<details><summary>The most frequent confusions</summary>${table('The most frequent confusions', ['Label', 'Taken for', 'Images', 'Of the label’s images'], rows)}</details>`;
}
