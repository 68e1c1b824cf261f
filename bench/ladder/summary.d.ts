import type { Job } from './jobs.js';

interface Found {
  seconds: number;
  report: { test: { top1: number; images: number }; model: { parameters: number } };
}

export function summariseLadder(
  jobs: Job[],
  results: Map<string, Found>,
): { goals: { goal: string; found: string; met: boolean | undefined }[] };
