export function sideBySide<Job extends { name: string; needs?: string[] }>(
  jobs: readonly Job[],
  slots: number,
  work: (job: Job) => Promise<unknown>,
): Promise<void>;
