import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beginRun, openTestDatabase, registerWorker, submitRuns, type OpenDatabase } from '../../../test/database.js';
import { logistic } from '../../../test/specs.js';
import type { BegunAttempt } from './attempt-store.js';
import { PostgresAttemptStore } from './postgres-attempt-store.js';
import { SharedOutputStore } from './shared-output-store.js';

let open: OpenDatabase;
let shared: SharedOutputStore;
let attempts: PostgresAttemptStore;
beforeAll(async () => {
  open = await openTestDatabase();
  shared = new SharedOutputStore(open.database);
  attempts = new PostgresAttemptStore(open.database);
});
afterAll(() => open.close());

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');
async function begun(worker: string): Promise<BegunAttempt> {
  const { runs } = await submitRuns(open.database, logistic);
  return beginRun(open.database, runs[0], await registerWorker(open.database, worker));
}
const expire = (address: string) =>
  open.database.query(`UPDATE output_leases SET expires_at = now() - interval '1 second' WHERE address = $1`, [
    address,
  ]);

describe('the lease on what a teacher says', () => {
  it('is one attempt’s, which may take it again, and others learn whose', async () => {
    const [one, two] = [await begun('here'), await begun('there')];
    const address = hashOf('one of two');
    expect(await shared.take(address, one.token)).toBeUndefined();
    expect(await shared.take(address, two.token)).toEqual({ runId: one.runId, worker: 'here' });
    expect(await shared.take(address, one.token)).toBeUndefined();
    expect(await shared.take(hashOf('another'), two.token)).toBeUndefined();
  });

  it('is taken by one of many that ask at the same moment', async () => {
    const all = await Promise.all(Array.from({ length: 6 }, (_, index) => begun(`worker ${index}`)));
    const holders = await Promise.all(all.map(({ token }) => shared.take(hashOf('many'), token)));
    expect(holders.filter((holder) => holder === undefined)).toHaveLength(1);
    const first = all[holders.indexOf(undefined)];
    expect(new Set(holders.flatMap((holder) => holder?.runId ?? []))).toEqual(new Set([first.runId]));
  });

  it('is free when it was given back, by its holder alone', async () => {
    const [one, two] = [await begun('here'), await begun('there')];
    const address = hashOf('given back');
    await shared.take(address, one.token);
    await shared.release(address, two.token);
    expect(await shared.take(address, two.token)).toMatchObject({ runId: one.runId });
    await shared.release(address, one.token);
    expect(await shared.take(address, two.token)).toBeUndefined();
  });

  it('is free when it has expired, and where its attempt is over', async () => {
    const [one, two, three] = [await begun('here'), await begun('there'), await begun('elsewhere')];
    const address = hashOf('expired');
    await shared.take(address, one.token);
    await expire(address);
    expect(await shared.take(address, two.token)).toBeUndefined();
    // Renewed too late: it is somebody else's.
    expect(await shared.take(address, one.token)).toMatchObject({ runId: two.runId });
    await attempts.finish(two.token, { type: 'cancelled' });
    expect(await shared.take(address, three.token)).toBeUndefined();
  });

  it('expires by the clock of the database when it is not renewed', async () => {
    const brief = new SharedOutputStore(open.database, 50);
    const [one, two] = [await begun('here'), await begun('there')];
    const address = hashOf('brief');
    await brief.take(address, one.token);
    await expect.poll(() => brief.take(address, two.token), { timeout: 10_000, interval: 20 }).toBeUndefined();
  });

  it('leaves nothing in the table when its holder has not come back for long', async () => {
    const [one, two] = [await begun('here'), await begun('there')];
    await shared.take(hashOf('forgotten'), one.token);
    await open.database.query(`UPDATE output_leases SET expires_at = now() - interval '1 hour' WHERE address = $1`, [
      hashOf('forgotten'),
    ]);
    await shared.release(hashOf('whatever'), two.token);
    const left = await open.database.query('SELECT FROM output_leases WHERE address = $1', [hashOf('forgotten')]);
    expect(left).toEqual([]);
  });
});

describe('what runs have shared of a teacher', () => {
  it('is found by its address, each file once, whichever run has it', async () => {
    const [one, two] = [await begun('here'), await begun('there')];
    const address = hashOf('a teacher');
    const chunk = (text: string) => `outputs/${address}/${hashOf(text)}.rows`;
    for (const { token } of [one, two]) {
      await attempts.addArtifact(token, { name: chunk('1'), kind: 'other', sha256: hashOf('1'), size: 7 });
      await attempts.addArtifact(token, { name: 'notes.txt', kind: 'other', sha256: hashOf('3'), size: 8 });
    }
    await attempts.addArtifact(two.token, { name: chunk('2'), kind: 'other', sha256: hashOf('2'), size: 9 });
    await attempts.finish(one.token, { type: 'cancelled' });
    const found = await shared.files(address);
    expect(found.map(({ name, sha256, size }) => [name, sha256, size]).sort()).toEqual(
      [
        [chunk('1'), hashOf('1'), 7],
        [chunk('2'), hashOf('2'), 9],
      ].sort(),
    );
    expect(await shared.files(hashOf('another teacher'))).toEqual([]);
  });
});
