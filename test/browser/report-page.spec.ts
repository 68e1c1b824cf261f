import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../../scripts/chromium.js';
import { reportPage } from '../../libs/pipelines/src/report/html/report-page.js';
import { sampleReport, sampleExtras } from '../reports/sample-report.js';
import { testChromium } from '../services/test-services.js';
import { overflow, seriousViolations, visit } from './visit.js';

const chromium = await testChromium();

describe.skipIf(chromium === undefined)('a report in the browser', () => {
  let browser: Browser;
  let folder: string;
  let address: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'distillery-report-'));
    const file = path.join(folder, 'report.html');
    await writeFile(file, reportPage(sampleReport(), sampleExtras()));
    address = pathToFileURL(file).href;
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it.each([
    ['light', 1280],
    ['light', 400],
    ['dark', 1280],
    ['dark', 400],
  ] as const)(
    'in %s at %d pixels loads nothing, complains of nothing and can be read by all',
    async (colorScheme, width) => {
      const { page, context, complaints } = await visit(browser, address, { colorScheme, width });
      const requests: string[] = [];
      page.on('request', (request) => requests.push(request.url().slice(0, 5)));
      await page.goto(address);
      await page.getByRole('heading', { level: 1, name: 'pets <b>from</b> mobilenet' }).waitFor();
      for (const summary of await page.locator('summary').all()) await summary.click();
      await page
        .getByRole('table', { name: 'Top-1 under attacks' })
        .getByRole('rowheader', { name: 'PGD-10' })
        .first()
        .waitFor();
      await page.getByRole('img', { name: /^Reliability as it is: expected calibration error/ }).waitFor();
      expect(await seriousViolations(page)).toEqual([]);
      expect(await overflow(page)).toBe(0);
      expect(complaints).toEqual([]);
      expect(requests).toEqual(['file:']);
      expect(await page.evaluate('document.images[0].naturalWidth')).toBe(1);
      await context.close();
    },
  );
});
