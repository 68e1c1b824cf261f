import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PredictMessage, TrainerEvent } from '#contracts';
import { startTrainer, type TrainerProcess } from './start-trainer.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'start-trainer-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const message: PredictMessage = {
  type: 'predict',
  folder: '.',
  images: ['a.png'],
  topK: 1,
  threads: 1,
  engine: 'auto',
};

/** Forks a real process whose program is `source`; `ready` settles at its first event. */
function start(source: string, graceMs = 20_000) {
  const entry = path.join(folder, `child-${Math.random().toString(36).slice(2)}.cjs`);
  writeFileSync(entry, `const send = (event) => process.send(event);\n${source}`);
  const events: TrainerEvent[] = [];
  let first: () => void;
  const ready = new Promise<void>((resolve) => (first = resolve));
  const trainer: TrainerProcess = startTrainer({
    message,
    entry,
    graceMs,
    onEvent: (event) => {
      events.push(event);
      first();
    },
  });
  return { trainer, events, ready };
}

const LOG = `{ type: 'log', level: 'info', message: 'here', at: 1 }`;
const STAY = `setInterval(() => {}, 1000);`;

describe('a trainer that ends by itself', () => {
  it('gets its message, delivers its events in order, and its last one is the outcome', async () => {
    const { trainer, events } = start(`process.on('message', (m) => {
      for (let i = 0; i < 500; i++) send({ type: 'metrics', step: i, values: { 'train.loss': i }, at: i });
      send({ type: 'log', level: 'info', message: m.type + ' ' + m.images[0], at: 1 });
      process.send({ type: 'completed' }, () => process.disconnect());
    });`);
    expect(await trainer.done).toEqual({ type: 'completed', report: undefined });
    expect(events).toHaveLength(501);
    expect(events.slice(0, 500).map((event) => event.type === 'metrics' && event.step)).toEqual([...Array(500).keys()]);
    expect(events[500]).toMatchObject({ message: 'predict a.png' });
  });

  it('keeps the failure that the trainer names', async () => {
    const failure = { class: 'user', message: 'dataset.path: no such folder', field: 'dataset.path' } as const;
    const { trainer } = start(`send({ type: 'failed', failure: ${JSON.stringify(failure)} }); process.disconnect();`);
    expect(await trainer.done).toEqual({ type: 'failed', failure });
  });

  it('is killed when it stays after its last event, and the outcome stands', async () => {
    const { trainer } = start(`process.on('message', () => {}); send({ type: 'completed' }); ${STAY}`, 50);
    expect(await trainer.done).toMatchObject({ type: 'completed' });
    expect(isAlive(trainer.pid)).toBe(false);
  });
});

describe('a trainer that crashes', () => {
  it('is a bug with its exit code and last words', async () => {
    const { trainer } = start(`console.error('the last words'); process.exit(7);`);
    const outcome = await trainer.done;
    expect(outcome).toMatchObject({ type: 'failed', failure: { class: 'bug' } });
    expect(outcome.type === 'failed' && outcome.failure.message).toMatch(/exit code 7.*the last words/);
  });

  it('is a bug when it exits with code 0 and says nothing', async () => {
    const { trainer } = start(`process.exit(0);`);
    expect(await trainer.done).toMatchObject({ type: 'failed', failure: { class: 'bug' } });
  });

  it.skipIf(process.platform === 'win32')('by SIGKILL from outside is operational and speaks of memory', async () => {
    const { trainer, ready } = start(`send(${LOG}); ${STAY}`);
    await ready;
    process.kill(trainer.pid!, 'SIGKILL');
    const outcome = await trainer.done;
    expect(outcome).toMatchObject({ type: 'failed', failure: { class: 'operational' } });
    expect(outcome.type === 'failed' && outcome.failure.message).toMatch(/memory/);
  });

  it.skipIf(process.platform === 'win32')('for lack of memory is operational by what it printed', async () => {
    const { trainer } = start(
      `process.stderr.write("terminate called: what():  std::bad_alloc\\n", () => process.abort());`,
    );
    expect(await trainer.done).toMatchObject({ type: 'failed', failure: { class: 'operational' } });
  });

  it('keeps the events that it sent before', async () => {
    const { trainer, events } = start(`process.send(${LOG}, () => process.exit(3));`);
    expect(await trainer.done).toMatchObject({ type: 'failed' });
    expect(events).toHaveLength(1);
  });
});

describe('a trainer that is cancelled', () => {
  it('ends by itself when it listens', async () => {
    const { trainer, ready } = start(`process.on('message', (m) => {
      if (m.type === 'predict') send(${LOG});
      else { send({ type: 'cancelled' }); process.disconnect(); }
    });`);
    await ready;
    trainer.cancel('a person asked');
    trainer.cancel('again');
    expect(await trainer.done).toEqual({ type: 'cancelled', reason: 'a person asked' });
  });

  it('is killed after the grace when it does not listen', async () => {
    const { trainer, ready } = start(`process.on('message', () => {}); send(${LOG}); ${STAY}`, 50);
    await ready;
    trainer.cancel('a person asked');
    expect(await trainer.done).toEqual({ type: 'cancelled', reason: 'a person asked' });
    expect(isAlive(trainer.pid)).toBe(false);
  });

  it('is killed after the grace when its event loop is blocked', async () => {
    const { trainer, ready } = start(`process.send(${LOG}, () => { for (;;); });`, 50);
    await ready;
    trainer.cancel('a person asked');
    expect(await trainer.done).toMatchObject({ type: 'cancelled' });
  });

  it('is killed sooner when it is asked again with less time, and keeps the first reason', async () => {
    const { trainer, ready } = start(`process.on('message', () => {}); send(${LOG}); ${STAY}`, 600_000);
    await ready;
    trainer.cancel('the worker stops');
    trainer.cancel('at once', 0);
    expect(await trainer.done).toEqual({ type: 'cancelled', reason: 'the worker stops' });
  });

  it('has completed where it was done before it heard', async () => {
    const { trainer, ready } = start(`process.on('message', (m) => {
      if (m.type === 'predict') send(${LOG});
      else { send({ type: 'completed' }); process.disconnect(); }
    });`);
    await ready;
    trainer.cancel('too late');
    expect(await trainer.done).toMatchObject({ type: 'completed' });
  });

  it('counts as cancelled where the cancellation made it fail', async () => {
    const { trainer, ready } = start(
      `process.on('message', (m) => m.type === 'predict' ? send(${LOG}) : process.exit(1));`,
    );
    await ready;
    trainer.cancel('a person asked');
    expect(await trainer.done).toMatchObject({ type: 'cancelled' });
  });
});

describe('a trainer that breaks the protocol', () => {
  it.each([
    ['an event of an unknown type', `{ type: 'nonsense' }`],
    ['a metric that is not a number', `{ type: 'metrics', step: 0, values: { loss: NaN }, at: 1 }`],
    ['an artifact outside its folder', `{ type: 'artifact', kind: 'other', name: 'x', path: '../../secret' }`],
    ['an artifact with an absolute path', `{ type: 'artifact', kind: 'other', name: 'x', path: '/etc/passwd' }`],
    ['an artifact with a hostile name', `{ type: 'artifact', kind: 'other', name: 'a/../../b', path: 'x' }`],
  ])('by %s is killed, and it is a bug', async (_, event) => {
    const { trainer, events } = start(`process.on('message', () => {}); send(${event}); ${STAY}`);
    const outcome = await trainer.done;
    expect(outcome).toMatchObject({ type: 'failed', failure: { class: 'bug' } });
    expect(outcome.type === 'failed' && outcome.failure.message).toMatch(/protocol/);
    expect(events).toEqual([]);
  });
});

describe('a trainer that cannot be started', () => {
  it('says that the program has to be built', async () => {
    const trainer = startTrainer({ message, entry: path.join(folder, 'missing.js'), onEvent: () => undefined });
    expect(await trainer.done).toMatchObject({
      type: 'failed',
      failure: { remedy: expect.stringMatching('npm run build') },
    });
  });

  it('fails when its working folder is not there', async () => {
    const entry = path.join(folder, 'fine.cjs');
    writeFileSync(entry, '');
    const trainer = startTrainer({ message, entry, cwd: path.join(folder, 'nowhere'), onEvent: () => undefined });
    expect(await trainer.done).toMatchObject({ type: 'failed', failure: { class: 'operational' } });
  });
});

describe('an event that the parent cannot handle', () => {
  it('ends the trainer and is a bug', async () => {
    const entry = path.join(folder, 'thrown.cjs');
    writeFileSync(entry, `process.on('message', () => {}); process.send(${LOG}); ${STAY}`);
    const trainer = startTrainer({
      message,
      entry,
      onEvent: () => {
        throw new Error('disk full');
      },
    });
    expect(await trainer.done).toMatchObject({
      type: 'failed',
      failure: { message: expect.stringMatching('disk full') },
    });
  });
});

function isAlive(pid: number | undefined): boolean {
  try {
    process.kill(pid!, 0);
    return true;
  } catch {
    return false;
  }
}
