import type { Config } from '#config';
import type { Clock } from './clock.js';

/** What the api is started with. */
export class Settings {
  constructor(
    readonly config: Config,
    readonly clock: Clock,
  ) {}
}
