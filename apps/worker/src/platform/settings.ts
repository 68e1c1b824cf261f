import type { Config } from '#config';
import type { SlotPlan } from '#trainer-process';

/** What the worker is started with. */
export class Settings {
  constructor(
    readonly config: Config,
    readonly plan: SlotPlan,
    /** The program of a trainer; undefined: the built one. */
    readonly trainer: string | undefined,
  ) {}
}
