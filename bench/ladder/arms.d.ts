import type { Spec } from '#contracts';

type Changes = Record<string, unknown>;

interface Arm {
  title: string;
  tried: string;
  candidates: Changes[];
  teacher?: string;
  stepsOf?: string;
  tuneEpochs?: number;
  deterministic?: boolean;
}

export const ARMS: Record<string, Arm>;
export function specOf(name: string, options?: { changes?: Changes; quick?: boolean; tune?: boolean }): Spec;
export function stepCount(spec: Spec): number;
