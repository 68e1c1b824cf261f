import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../../scripts/chromium.js';
import { testChromium } from '../services/test-services.js';
import { startPlatform, type TestPlatform } from '../platform.js';
import { sampleReport } from '../reports/sample-report.js';
import { sampleStudy } from '../reports/sample-study.js';
import { buildDashboard } from './build-dashboard.js';
import { writePictureFolder } from './picture-folder.js';
import { overflow, seriousViolations, visit } from './visit.js';

const TRAINING_MS = 120_000;

const chromium = await testChromium();
let platform: TestPlatform;
let browser: Browser;
let pictures: string;

beforeAll(async () => {
  pictures = await mkdtemp(path.join(os.tmpdir(), 'distillery-pictures-'));
  const [started] = await Promise.all([
    buildDashboard().then(() => startPlatform({ workers: 1, env: { WORKER_SLOTS: '1', DISTILLERY_THREADS: '1' } })),
    writePictureFolder(pictures, 40),
  ]);
  platform = started;
  browser = await launchChromium();
}, 240_000);

afterAll(async () => {
  await browser?.close();
  await platform?.stop();
  await rm(pictures, { recursive: true, force: true });
});

function spec(name: string, epochs: number, more = ''): string {
  return [
    `name: ${name}`,
    'pipeline: transfer',
    `dataset: { path: ${JSON.stringify(pictures)}, validation: 0.2, test: 0.2 }`,
    'image: { size: 16 }',
    'backbone: { model: small_cnn, weights: none }',
    `training: { epochs: ${epochs}, batchSize: 16, optimizer: { learningRate: 0.01 } }`,
    more,
    '',
  ].join('\n');
}

async function submit(page: Page, text: string): Promise<void> {
  await page.goto('/submit');
  await page.locator('.cm-content').fill(text);
  await page.getByRole('button', { name: /^Submit \d+ runs?$/ }).click();
}

/** The state that the run page's heading shows. */
function badge(page: Page, state: string) {
  return page.locator(`main [data-state="${state}"]`).first();
}

describe.skipIf(chromium === undefined)('a run in the browser', () => {
  it('is submitted, watched live, cancelled and retried', { timeout: 300_000 }, async () => {
    const { page, context, complaints } = await visit(browser, platform.url);
    await page.goto('/submit');
    await page.locator('.cm-content').fill(spec('watched', 100_000).replace('epochs', 'epoch'));
    await page.getByText('did you mean "epochs"?').first().waitFor();
    expect(await page.getByRole('button', { name: 'Submit', exact: true }).isDisabled()).toBe(true);

    await submit(page, spec('watched', 100_000));
    await page.getByRole('heading', { level: 1, name: 'watched' }).waitFor();
    await badge(page, 'running').waitFor({ timeout: TRAINING_MS });
    const loss = page.getByRole('img', { name: /^Loss\. .*train\.loss: / });
    await loss.waitFor({ timeout: TRAINING_MS });
    const first = await loss.getAttribute('aria-label');
    await expect.poll(() => loss.getAttribute('aria-label'), { timeout: 30_000 }).not.toBe(first);

    await page.getByRole('button', { name: 'Cancel', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel the run' }).click();
    await badge(page, 'cancelled').waitFor();
    expect(await loss.isVisible()).toBe(true);

    await page.getByRole('button', { name: 'Retry' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Retry the run' }).click();
    await badge(page, 'running').waitFor({ timeout: TRAINING_MS });
    await page.getByLabel('Attempt 2').waitFor();
    await page.getByRole('button', { name: 'Cancel', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel the run' }).click();
    await badge(page, 'cancelled').waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('shows its report, and is compared with another one', { timeout: 300_000 }, async () => {
    const { page, context, complaints } = await visit(browser, platform.url);
    await submit(page, spec('compared', 3, 'seeds: [0, 1]'));
    const table = page.getByRole('table', { name: 'Runs' });
    const done = table.getByRole('cell').getByText('Completed', { exact: true });
    await expect.poll(() => done.count(), { timeout: TRAINING_MS }).toBe(2);
    expect(page.url()).toContain('search=compared');

    await page.getByRole('button', { name: 'Completed', exact: true }).click();
    await expect.poll(() => page.url()).toContain('state=completed');
    await page.reload();
    await table.getByRole('checkbox', { name: 'Select compared, seed 0' }).check();
    await table.getByRole('checkbox', { name: 'Select compared, seed 1' }).check();
    await page.getByRole('link', { name: 'Compare', exact: true }).click();
    await page.getByRole('img', { name: /^Loss\. (?=.*seed 0)(?=.*seed 1)/ }).waitFor();
    await page.getByRole('heading', { name: 'Differences in the config' }).waitFor();
    const reports = page.getByRole('region', { name: 'Reports' });
    for (const name of ['ECE', 'Brier score', 'Top-1 of corrupted images', 'Latency p50, 1 image', 'Weights']) {
      await reports.getByRole('rowheader', { name, exact: true }).waitFor();
    }

    await page.getByRole('main').getByRole('link', { name: 'compared' }).first().click();
    await page.getByRole('heading', { name: 'Report', exact: true }).waitFor();
    await page.getByRole('region', { name: 'Confusion matrix' }).getByRole('rowheader', { name: 'copper' }).waitFor();
    await page.getByRole('img', { name: /^Reliability as it is: / }).waitFor();
    await page.getByRole('img', { name: /^Common corruptions\. .*jpeg: .* at severity 5/ }).waitFor();
    await page.getByText('The numbers of: Training, validation and test').click();
    const splits = page.getByRole('region', { name: 'Training, validation and test' });
    await splits.getByRole('rowheader', { name: 'validation' }).waitFor();
    await page.getByLabel('Measure of the classes').selectOption('precision');
    await page.getByRole('region', { name: 'Per class' }).getByRole('columnheader', { name: 'Precision' }).waitFor();
    for (const name of ['report.json', 'Download report.html']) {
      const download = page.waitForEvent('download');
      await page.getByRole('link', { name }).click();
      expect((await download).suggestedFilename()).toBe(name.split(' ').at(-1));
    }

    await page.getByRole('link', { name: 'Arms and claims' }).click();
    await page.getByRole('region', { name: 'All arms' }).getByRole('rowheader', { name: 'all runs' }).waitFor();
    await page.getByRole('cell', { name: /^2 seeds/ }).waitFor();
    await page.getByLabel('Metric').selectOption('test.loss');
    await page.getByRole('columnheader', { name: 'Mean of test loss' }).waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });
});

describe.skipIf(chromium === undefined)('a schedule in the browser', () => {
  it('is refused beside its field, created, paused, resumed, run and deleted', { timeout: 120_000 }, async () => {
    const { page, context, complaints } = await visit(browser, platform.url);
    await page.goto('/schedules/new');
    await page.getByLabel('Name').fill('Nightly');
    await page.locator('.cm-content').fill(spec('nightly', 1));
    await page.getByLabel('When').fill('61 2 * * *');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.locator('[aria-invalid="true"]').waitFor();
    // The browser itself reports a refused request on its console: that one is expected.
    complaints.splice(0);

    await page.getByLabel('When').fill('30 2 * * *');
    await page.getByLabel('Time zone').selectOption('Europe/Berlin');
    await page.getByRole('button', { name: 'Save' }).click();
    const times = page.getByRole('list', { name: 'Next times' }).getByRole('listitem');
    await expect.poll(() => times.first().textContent()).toContain('02:30');

    await page.getByRole('button', { name: 'Pause Nightly' }).click();
    await page.getByText('Not due while paused').waitFor();
    await page.getByRole('button', { name: 'Resume Nightly' }).click();
    await times.first().waitFor();
    await page.getByRole('button', { name: 'Run now: Nightly' }).click();
    await page.getByText('Nightly is submitted').waitFor();
    await page.getByRole('button', { name: 'Delete Nightly' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete the schedule' }).click();
    await page.getByText('Nothing is scheduled').waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });
});

describe.skipIf(chromium === undefined)('a report with every part, and a study with every verdict', () => {
  it.each([
    ['light', 400],
    ['dark', 1280],
  ] as const)('can be read by all, in %s at %d pixels', { timeout: 120_000 }, async (colorScheme, width) => {
    const { items } = (await (await fetch(`${platform.url}/api/v1/runs?state=completed`)).json()) as {
      items: { id: string }[];
    };
    const { page, context, complaints } = await visit(browser, platform.url, { colorScheme, width });
    const report = sampleReport();
    await page.route('**/api/v1/runs/*/report', (route) => route.fulfill({ json: report }));
    await page.route('**/api/v1/experiments/*/study', (route) => route.fulfill({ json: sampleStudy() }));

    await page.goto(`/runs/${items[0].id}`);
    const section = page.getByRole('region', { name: 'Report', exact: true });
    await section.getByText(report.gap!.words).waitFor();
    await section.getByRole('list', { name: 'Warnings' }).getByText(report.warnings![0]).waitFor();
    await section.getByText(`Left out of the report: ${report.skipped![0]}`).waitFor();
    // What a dataset calls its classes is text, and no markup.
    await section.getByRole('columnheader', { name: report.classes[2] }).waitFor();
    for (const summary of await section.locator('summary').all()) await summary.click();
    const classes = section.getByRole('region', { name: 'Recall of teacher and student, class by class' });
    await classes.getByRole('cell', { name: '−16.0' }).waitFor();
    await section.getByRole('region', { name: 'The surest mistakes' }).getByRole('cell', { name: '98.0 %' }).waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    expect(await overflow(page)).toBe(0);

    await page.goto('/experiments/00000000-0000-7000-8000-000000000000');
    const plot = page.getByRole('figure', { name: 'Mean of test top-1' });
    await expect
      .poll(() => plot.getByRole('listitem').allTextContents())
      .toEqual([
        expect.stringMatching(/^transfer.*86\.25 % 85\.00 % to 87\.50 %$/),
        expect.stringMatching(/^student.*82\.00 % 81\.00 % to 83\.00 %$/),
        expect.stringMatching(/^scratch.*nothing yet$/),
      ]);
    const claims = page.getByRole('region', { name: 'Claims' }).getByRole('listitem');
    await claims.filter({ hasText: 'undecided' }).getByText('3 more seeds would decide it', { exact: true }).waitFor();
    await claims.filter({ hasText: 'does not hold' }).getByText('Found: -4.25 points').waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    expect(await overflow(page)).toBe(0);
    expect(complaints).toEqual([]);
    await context.close();
  });
});

describe.skipIf(chromium === undefined).each(['light', 'dark'] as const)('every page in %s', (colorScheme) => {
  it(
    'has no serious accessibility violation, fits 400 pixels and complains of nothing',
    { timeout: 240_000 },
    async () => {
      const runs = (await (await fetch(`${platform.url}/api/v1/runs`)).json()) as {
        items: { id: string; experimentId: string; state: string }[];
      };
      const claims = '[{ better: { training.epochs: 2 }, than: { training.epochs: 1 } }]';
      const study = (await (
        await fetch(`${platform.url}/api/v1/experiments`, {
          method: 'POST',
          headers: { 'content-type': 'application/yaml' },
          body: spec('claimed', 1, `matrix: { training.epochs: [1, 2] }\nclaims: ${claims}`),
        })
      ).json()) as { id: string };
      const completed = runs.items.filter(({ state }) => state === 'completed').map(({ id }) => id);
      const pages = [
        '/',
        `/runs/${completed[0]}`,
        `/experiments/${runs.items.find(({ id }) => id === completed[0])?.experimentId}`,
        `/experiments/${study.id}`,
        `/compare?runs=${completed.slice(0, 2).join(',')}`,
        '/submit',
        '/schedules',
        '/schedules/new',
        '/models',
        '/workers',
        '/nowhere',
      ];
      for (const width of [1280, 400]) {
        const { page, context, complaints } = await visit(browser, platform.url, { colorScheme, width });
        for (const address of pages) {
          await page.goto(address);
          await page.getByRole('heading', { level: 1 }).waitFor();
          await page.locator('[data-live="live"]').waitFor();
          await expect.poll(() => page.getByText(/^Loading/).count()).toBe(0);
          expect(await seriousViolations(page), address).toEqual([]);
          expect(await overflow(page), `${address} at ${width} pixels`).toBe(0);
        }
        expect(complaints).toEqual([]);
        await context.close();
      }
    },
  );
});
