import type { Report } from '#contracts';
import { markup } from './markup.js';
import type { PageExtras, Section } from './section.js';
import { calibrationSection } from './sections/calibration-section.js';
import { classesSection } from './sections/classes-section.js';
import { costSection } from './sections/cost-section.js';
import { mistakesSection } from './sections/mistakes-section.js';
import { overviewSection } from './sections/overview-section.js';
import { robustnessSection } from './sections/robustness-section.js';
import { teacherSection } from './sections/teacher-section.js';
import { trainingSection } from './sections/training-section.js';
import { STYLE } from './style.js';

/**
 * A report as one HTML file that needs nothing else: no script, no address but `data:`, and a policy that forbids both, so
 * that it can be opened from anywhere, kept and sent. Plots are SVG, with their numbers in tables behind them.
 */
export function reportPage(report: Report, extras: PageExtras): string {
  const sections = [
    overviewSection(report),
    trainingSection(report, extras),
    calibrationSection(report),
    classesSection(report),
    robustnessSection(report),
    teacherSection(report),
    mistakesSection(report, extras),
    costSection(report),
  ].filter((section): section is Section => section !== undefined);
  const title = `${report.name}: report of a ${report.pipeline} run, seed ${report.seed}`;
  return `<!doctype html>\n${String(markup`<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>`)}${STYLE}${String(markup`</style>
</head>
<body>
<a class="skip" href="#overview">To the report</a>
<header class="top">
<h1>${report.name}</h1>
<p class="facts">${report.pipeline}, seed ${report.seed} · ${report.model.name} · ${report.engine.backend} ${report.engine.version}, ${report.engine.threads} ${report.engine.threads === 1 ? 'thread' : 'threads'}</p>
<nav aria-label="Parts of the report"><ul>${sections.map(({ id, title }) => markup`<li><a href="#${id}">${title}</a></li>`)}</ul></nav>
</header>
<main>
${sections.map(
  ({ id, title, body }) => markup`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${body}
</section>`,
)}
</main>
</body>
</html>
`)}`;
}
