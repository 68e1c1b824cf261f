import { fork, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { QueueUnavailableError } from './queue-unavailable-error.js';
import { createRunConsumer } from './run-consumer.js';
import { createRunPublisher } from './run-publisher.js';
import type { ConsumeOptions, RunConsumer, RunLease, RunMessage, RunPublisher } from './run-queue.js';

/** A real, empty queue. */
export interface QueueUnderTest {
  queueUrl: string;
  /** Loses every message, as a flushed Redis or a restored database does. */
  wipe(): Promise<void>;
  /** Cuts every connection to it. */
  disconnectAll(): Promise<void>;
  remove(): Promise<void>;
}

/** What every backend of the run queue guarantees. */
export function runQueueContract(backend: string, open: () => Promise<QueueUnderTest>): void {
  describe(`a run queue in ${backend}`, () => {
    let queue: QueueUnderTest;
    let publisher: RunPublisher;
    let consumers: RunConsumer[];
    let children: ChildProcess[];

    beforeEach(async () => {
      queue = await open();
      consumers = [];
      children = [];
      publisher = await createRunPublisher(queue);
    });
    afterEach(async () => {
      for (const child of children) child.kill('SIGKILL');
      await Promise.all(consumers.map((consumer) => consumer.close(0)));
      await publisher.close();
      await queue.remove();
    });

    const message = (attempt = 1): RunMessage => ({ runId: randomUUID(), attempt });
    async function consume(handle: ConsumeOptions['handle'], options: Partial<ConsumeOptions> = {}) {
      const errors: Error[] = [];
      const onError = (error: Error) => void errors.push(error);
      const consumer = await createRunConsumer(queue, { concurrency: 1, leaseMs: 30_000, onError, handle, ...options });
      consumers.push(consumer);
      return { consumer, errors };
    }
    /** Takes messages and keeps them in the order of delivery; `next` waits for one more. */
    function inbox() {
      const taken: RunLease[] = [];
      const waiting: ((lease: RunLease) => void)[] = [];
      return {
        taken,
        handle: (lease: RunLease) => {
          taken.push(lease);
          waiting.shift()?.(lease);
          return Promise.resolve();
        },
        next: () => new Promise<RunLease>((resolve) => waiting.push(resolve)),
      };
    }
    async function startChild(leaseMs: number) {
      const entry = path.resolve(import.meta.dirname, '../../../test/processes/queue-consumer.js');
      const child = fork(entry, [JSON.stringify({ queueUrl: queue.queueUrl, leaseMs })], { execArgv: [] });
      children.push(child);
      const [first] = (await once(child, 'message')) as [object];
      expect(first).toEqual({ ready: true });
      return child;
    }

    it('delivers a message once, however often it is published', async () => {
      const { handle, next, taken } = inbox();
      const [one, two] = [message(), message(3)];
      await Promise.all([publisher.publish(one), publisher.publish(one), publisher.publish(one)]);
      expect(await publisher.counts()).toEqual({ waiting: 1, active: 0, delayed: 0 });
      const first = next();
      await consume(handle);
      await first;
      const second = next();
      await publisher.publish(two);
      await second;
      expect(taken.map((lease) => lease.message)).toEqual([one, two]);
    });

    it('delivers the attempts at one run as messages of their own', async () => {
      const { runId } = message();
      await publisher.publish({ runId, attempt: 1 });
      await publisher.publish({ runId, attempt: 2 });
      expect((await publisher.counts()).waiting).toBe(2);
    });

    it('accepts a message again that was handled before', async () => {
      const { handle, next } = inbox();
      const again = message();
      await consume(handle);
      for (let round = 0; round < 2; round++) {
        const delivered = next();
        await publisher.publish(again);
        expect((await delivered).message).toEqual(again);
        // The handler's success is noted after it has returned.
        await expect.poll(() => publisher.counts()).toEqual({ waiting: 0, active: 0, delayed: 0 });
      }
    });

    it('holds a delayed message back until its time', async () => {
      const { handle, next, taken } = inbox();
      const [late, soon] = [{ ...message(), delayMs: 700.25 }, message()];
      await publisher.publish(late);
      expect(await publisher.counts()).toEqual({ waiting: 0, active: 0, delayed: 1 });
      await consume(handle);
      const first = next();
      await publisher.publish(soon);
      await first;
      await next();
      expect(taken.map((lease) => lease.message.runId)).toEqual([soon.runId, late.runId]);
    });

    it('takes back what no worker has yet, and leaves alone what one has', async () => {
      const { handle, next, taken } = inbox();
      let finish: () => void = () => undefined;
      const [busy, withdrawn, delayed] = [message(), message(), { ...message(), delayMs: 60_000 }];
      await consume(async (lease) => {
        await handle(lease);
        await new Promise<void>((resolve) => (finish = resolve));
      });
      const first = next();
      await publisher.publish(busy);
      await first;
      await publisher.publish(withdrawn);
      await publisher.publish(delayed);
      expect(await publisher.counts()).toEqual({ waiting: 1, active: 1, delayed: 1 });
      for (const each of [busy, withdrawn, delayed, message()]) await publisher.withdraw(each);
      expect(await publisher.counts()).toEqual({ waiting: 0, active: 1, delayed: 0 });
      expect(taken[0].signal.aborted).toBe(false);
      finish();
      await expect.poll(() => publisher.counts()).toEqual({ waiting: 0, active: 0, delayed: 0 });
    });

    it('handles as many messages at once as it is asked to, and no more', async () => {
      const { handle, next, taken } = inbox();
      await consume(
        async (lease) => {
          await handle(lease);
          await new Promise<void>((resolve) => lease.signal.addEventListener('abort', () => resolve()));
        },
        { concurrency: 2 },
      );
      const both = [next(), next()];
      for (let i = 0; i < 5; i++) await publisher.publish(message());
      await Promise.all(both);
      expect(await publisher.counts()).toEqual({ waiting: 3, active: 2, delayed: 0 });
      expect(taken).toHaveLength(2);
    });

    it('delivers a message again whose handler threw, and reports the error', async () => {
      const once = message();
      let tries = 0;
      let done: () => void = () => undefined;
      const succeeded = new Promise<void>((resolve) => (done = resolve));
      const { errors } = await consume(() => {
        if (++tries < 3) return Promise.reject(new Error(`try ${tries}`));
        done();
        return Promise.resolve();
      });
      await publisher.publish(once);
      await succeeded;
      expect(errors.map((error) => error.message)).toEqual(['try 1', 'try 2']);
    });

    it('delivers a message again when the process that had it was killed, any number of times', async () => {
      const lost = message();
      await publisher.publish(lost);
      for (let round = 0; round < 3; round++) {
        const child = await startChild(1000);
        const [took] = (await once(child, 'message')) as [object];
        expect(took).toEqual({ took: lost });
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      const { handle, next } = inbox();
      const delivered = next();
      await consume(handle, { leaseMs: 1000 });
      expect((await delivered).message).toEqual(lost);
    });

    it('keeps the lease of a handler that takes far longer than the lease', async () => {
      const { handle, next, taken } = inbox();
      const { errors } = await consume(
        async (lease) => {
          await handle(lease);
          await new Promise((resolve) => setTimeout(resolve, 2500));
        },
        { leaseMs: 600 },
      );
      const other = inbox();
      await consume(other.handle, { leaseMs: 600 });
      const delivered = Promise.race([next(), other.next()]);
      await publisher.publish(message());
      await delivered;
      await expect.poll(() => publisher.counts(), { timeout: 10_000 }).toEqual({ waiting: 0, active: 0, delayed: 0 });
      expect(taken.length + other.taken.length).toBe(1);
      expect(errors).toEqual([]);
    });

    it('aborts the handler whose lease was lost, and delivers what is published again after a loss', async () => {
      const { handle, next } = inbox();
      const lost = message();
      const first = next();
      const { errors } = await consume(
        async (lease) => {
          await handle(lease);
          if (lease.message.attempt === 1) await once(lease.signal, 'abort');
        },
        { leaseMs: 1500 },
      );
      await publisher.publish(lost);
      const lease = await first;
      await queue.wipe();
      if (!lease.signal.aborted) await once(lease.signal, 'abort');
      const again = next();
      await publisher.publish({ ...lost, attempt: 2 });
      expect((await again).message).toEqual({ ...lost, attempt: 2 });
      expect(errors).toEqual([]);
    });

    it('connects again after its connections were cut, and keeps the lease of what it has', async () => {
      const { handle, next } = inbox();
      let finish: () => void = () => undefined;
      const { errors } = await consume(
        async (lease) => {
          await handle(lease);
          if (lease.message.attempt === 1) await new Promise<void>((resolve) => (finish = resolve));
        },
        { concurrency: 2, leaseMs: 6000 },
      );
      const first = next();
      await publisher.publish(message());
      const lease = await first;
      await queue.disconnectAll();
      const second = next();
      const after = message(2);
      await vi.waitFor(() => publisher.publish(after), { timeout: 20_000, interval: 100 });
      expect((await second).message).toEqual(after);
      expect(lease.signal.aborted).toBe(false);
      finish();
      await expect.poll(() => publisher.counts()).toEqual({ waiting: 0, active: 0, delayed: 0 });
      for (const error of errors) expect(error).toBeInstanceOf(QueueUnavailableError);
    });

    it('closes when its handlers have ended, and takes nothing more meanwhile', async () => {
      const { handle, next, taken } = inbox();
      let finish: () => void = () => undefined;
      const { consumer } = await consume(async (lease) => {
        await handle(lease);
        await new Promise<void>((resolve) => (finish = resolve));
      });
      const first = next();
      await publisher.publish(message());
      await first;
      let closed = false;
      const closing = consumer.close(60_000).then(() => (closed = true));
      const rest = message();
      await publisher.publish(rest);
      expect(closed).toBe(false);
      finish();
      await closing;
      expect(taken).toHaveLength(1);
      expect(await publisher.counts()).toEqual({ waiting: 1, active: 0, delayed: 0 });
    });

    it('closes at its time limit though a handler never ends; another consumer gets the message', async () => {
      const { handle, next } = inbox();
      const stuck = message();
      const { consumer } = await consume(
        async (lease) => {
          await handle(lease);
          await new Promise(() => {});
        },
        { leaseMs: 1000 },
      );
      const first = next();
      await publisher.publish(stuck);
      const lease = await first;
      await consumer.close(100);
      expect(lease.signal.aborted).toBe(true);
      const other = inbox();
      const again = other.next();
      await consume(other.handle, { leaseMs: 1000 });
      expect((await again).message).toEqual(stuck);
    });

    it('is made ready by any number of processes at once', async () => {
      const fresh = await open();
      const publishers = await Promise.all(Array.from({ length: 4 }, () => createRunPublisher(fresh)));
      const same = message();
      await Promise.all(publishers.map((each) => each.publish(same)));
      expect((await publishers[0].counts()).waiting).toBe(1);
      await Promise.all(publishers.map((each) => each.close()));
      await fresh.remove();
    });
  });
}
