import type { Spec } from '#contracts';

export interface Job {
  name: string;
  arm: string;
  seed: number;
  needs: string[];
  folder: string;
  outputs: string;
  teacher?: string;
  spec: Spec;
  changes?: Record<string, unknown>;
  stopBeforeTest?: boolean;
  cost: number;
}

export const TUNE_SEED: number;
export function ladderJobs(options: { arms: string[]; seeds: number[]; folder: string; quick: boolean }): Job[];
export function tuningJobs(options: { arms: string[]; folder: string; quick: boolean }): Job[];
