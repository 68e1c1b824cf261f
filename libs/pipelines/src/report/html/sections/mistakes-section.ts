import type { Report } from '#contracts';
import { markup } from '../markup.js';
import { percent } from '../number-words.js';
import type { PageExtras, Section } from '../section.js';

/** The images that it is wrong about and surest of: often wrong labels, or what the classes do not say. */
export function mistakesSection({ mistakes = [] }: Report, { thumbnails }: PageExtras): Section | undefined {
  if (mistakes.length === 0) return undefined;
  const items = mistakes.map(
    ({ index, label, prediction, confidence, labelProbability }, i) =>
      markup`<li>${
        thumbnails[i] === undefined
          ? undefined
          : markup`<img src="${thumbnails[i]}" width="96" height="96" alt="Test image ${index}, a ${label} that was taken for ${prediction}">`
      }<strong>${prediction}</strong>, ${percent(confidence)} sure<br>label: <strong>${label}</strong>, ${percent(labelProbability)}<br><span class="note">test image ${index}</span></li>`,
  );
  return {
    id: 'mistakes',
    title: 'What it gets wrong',
    body: markup`<p class="note">The surest of its mistakes first. Where the answer looks right, look at the label.</p><ul class="mistakes">${items}</ul>`,
  };
}
