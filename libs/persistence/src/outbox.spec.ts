import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beginRun, openTestDatabase, submitRuns, type OpenDatabase } from '../../../test/database.js';
import { logistic } from '../../../test/specs.js';
import type { Database } from './database.js';
import { Outbox } from './outbox.js';
import { PostgresAttemptStore } from './postgres-attempt-store.js';

let open: OpenDatabase;
let database: Database;
beforeAll(async () => {
  open = await openTestDatabase();
  ({ database } = open);
});
afterAll(() => open.close());

const manySeeds = (count: number) => ({ ...logistic, seeds: Array.from({ length: count }, (_, seed) => seed) });

describe('the outbox', () => {
  it('gives each message to one of two dispatchers', async () => {
    const { runs } = await submitRuns(database, manySeeds(60));
    const taken = async () => {
      const outbox = new Outbox(database);
      const ids: string[] = [];
      for (let batch = await outbox.claim(7); batch.length > 0; batch = await outbox.claim(7)) {
        for (const message of batch) {
          ids.push(message.runId);
          await outbox.published(message);
        }
      }
      return ids;
    };
    const [first, second] = await Promise.all([taken(), taken()]);
    expect([...first, ...second].sort()).toEqual([...runs].sort());
    const unpublished = await database.query(
      'SELECT id FROM runs WHERE id = ANY ($1::uuid[]) AND published_at IS NULL',
      [runs],
    );
    expect(unpublished).toEqual([]);
  });

  it('keeps a message from others for a while, and gives it again where its dispatcher died', async () => {
    const { runs } = await submitRuns(database, logistic);
    const claimMs = 300;
    const outbox = new Outbox(database, claimMs);
    expect(await outbox.claim(10)).toMatchObject([{ runId: runs[0], attempt: 1, delayMs: 0 }]);
    expect(await outbox.claim(10)).toEqual([]);
    await sleep(claimMs);
    const [again] = await outbox.claim(10);
    expect(again).toMatchObject({ runId: runs[0], attempt: 1 });
    await outbox.published(again);
  });

  it('gives a message again at once that the queue did not take', async () => {
    await submitRuns(database, logistic);
    const outbox = new Outbox(database);
    const [message] = await outbox.claim(10);
    await outbox.release(message);
    expect(await outbox.claim(10)).toMatchObject([{ runId: message.runId }]);
    await outbox.published(message);
    expect(await outbox.claim(10)).toEqual([]);
  });

  it('says how long the next attempt has to wait', async () => {
    const { runs } = await submitRuns(database, logistic);
    const { token } = await beginRun(database, runs[0]);
    const failure = { class: 'operational', message: 'the disk is full' } as const;
    await new PostgresAttemptStore(database).finish(token, { type: 'failed', failure });
    const outbox = new Outbox(database);
    const [message] = await outbox.claim(10);
    // 10 s after the first operational failure (retry-policy.ts).
    expect(message).toMatchObject({ runId: runs[0], attempt: 2 });
    expect(message.delayMs).toBeGreaterThan(9000);
    expect(message.delayMs).toBeLessThanOrEqual(10_000);
    await outbox.published(message);
  });
});
