// Takes the README's pictures of a running platform: docs/images/{runs,run,report,study,compare,submit,schedules}-{light,dark}.png.
// Usage: npm run screenshots [-- URL]    (http://127.0.0.1:3000 unless told; it should hold some completed runs)
import { mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { launchChromium } from './chromium.js';

const MAX_BYTES = 200 * 1024;
const base = (process.argv[2] ?? 'http://127.0.0.1:3000').replace(/\/$/, '');
const folder = path.resolve(import.meta.dirname, '..', 'docs', 'images');

const completed = (await get('runs?state=completed&limit=50')).items;
const compared = comparable(completed);
const pages = {
  runs: '/',
  ...(completed.length > 0 ? { run: `/runs/${showpiece(completed).id}` } : {}),
  ...(completed.length > 0 ? { report: `/runs/${showpiece(completed).id}#report` } : {}),
  ...(compared.length > 1 ? { study: `/experiments/${compared[0].experimentId}` } : {}),
  ...(compared.length > 1 ? { compare: `/compare?runs=${compared.map((run) => run.id).join(',')}` } : {}),
  submit: '/submit',
  schedules: '/schedules',
};

mkdirSync(folder, { recursive: true });
const browser = await launchChromium();
try {
  for (const colorScheme of ['light', 'dark']) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme });
    for (const [name, address] of Object.entries(pages)) {
      await take(context, address, path.join(folder, `${name}-${colorScheme}.png`));
    }
    await context.close();
  }
} finally {
  await browser.close();
}

async function take(context, address, file) {
  const page = await context.newPage();
  await page.goto(base + address);
  await page.locator('[data-live="live"]').waitFor();
  await page.locator('h1').waitFor();
  // What is still being fetched says so.
  await page
    .getByText(/^Loading/)
    .first()
    .waitFor({ state: 'detached' });
  await page.locator('[aria-busy="true"]').first().waitFor({ state: 'detached' });
  await page.evaluate(
    'new Promise((done) => requestIdleCallback(() => requestAnimationFrame(done), { timeout: 2000 }))',
  );
  // The heading that the address names is not there yet when the page is opened.
  const { hash } = new URL(address, base);
  if (hash !== '') await page.locator(hash).evaluate((heading) => heading.closest('section').scrollIntoView());
  await page.screenshot({ path: file, animations: 'disabled' });
  await page.close();
  const { size } = statSync(file);
  if (size > MAX_BYTES) throw new Error(`${file} has ${size} bytes, more than ${MAX_BYTES}`);
  process.stdout.write(`${path.relative(process.cwd(), file)}  ${Math.round(size / 1024)} KiB\n`);
}

/** The run with the most to see: one that was distilled, else the newest. */
function showpiece(runs) {
  return runs.find((run) => run.pipeline === 'distillation') ?? runs[0];
}

/** Up to four runs of one experiment; else the newest two. */
function comparable(runs) {
  const siblings = runs.map((run) => runs.filter((other) => other.experimentId === run.experimentId));
  const most = siblings.sort((a, b) => b.length - a.length)[0] ?? [];
  return most.length > 1 ? most.slice(0, 4) : runs.slice(0, 2);
}

async function get(resource) {
  const response = await fetch(`${base}/api/v1/${resource}`).catch(() => undefined);
  if (response?.ok) return response.json();
  const what = response === undefined ? 'nothing answers' : `an answer of status ${response.status} comes`;
  process.stderr.write(`${what} at ${base}: start the platform with "npm start", or name its address\n`);
  process.exit(1);
}
