import type { RunContext } from '#pipelines';
import type { OutputStore } from '#teacher-outputs';

/** Sum of the seconds that a run has waited for others to ask its teacher. */
const WAITED_KEY = 'teacher.waitedSeconds';

/** A store of outputs whose waits are told: the progress says who is waited for, log and metrics how long it took. */
export class ToldWaits implements OutputStore {
  private waitedMs = 0;

  constructor(
    private readonly store: OutputStore,
    private readonly context: Pick<RunContext, 'log'> & {
      /** Of a run on the platform: the curves of one that a person resumes in a folder begin at the steps that it takes. */
      metrics?: RunContext['metrics'];
      /** @param what in words; undefined: nothing any more */
      waitFor(what: string | undefined): void;
    },
  ) {}

  read: OutputStore['read'] = (address, options) => this.store.read(address, options);

  add: OutputStore['add'] = (entry, chunk) => this.store.add(entry, chunk);

  exclusively: OutputStore['exclusively'] = async (entry, work, options) => {
    let since: number | undefined;
    const onWait = (holder?: string): void => {
      since ??= performance.now();
      this.context.waitFor(`teacher: waiting for ${holder ?? 'another run of this machine'}`);
      options.onWait?.(holder);
    };
    const over = (): void => {
      if (since === undefined) return;
      const waitedMs = performance.now() - since;
      since = undefined;
      this.waitedMs += waitedMs;
      this.context.waitFor(undefined);
      this.context.log('info', `Waited ${(waitedMs / 1000).toFixed(1)} s for what the teacher says`);
      this.context.metrics?.(0, { [WAITED_KEY]: this.waitedMs / 1000 });
    };
    try {
      return await this.store.exclusively(
        entry,
        () => {
          over();
          return work();
        },
        { ...options, onWait },
      );
    } finally {
      over();
    }
  };
}
