import {
  OperationalError,
  ParentMessageSchema,
  type PredictMessage,
  type StartMessage,
  type TrainerEvent,
  type WeightsMessage,
} from '#contracts';
import { EventChannel } from './event-channel.js';
import { failureOf } from './failure-of.js';
import { OutputLeases } from './output-leases.js';
import { predict } from './predict.js';
import { train } from './train.js';
import { watchParent } from './watch-parent.js';
import { weights } from './weights.js';

/*
 * The trainer: one task from its parent, events back, exit. The only process that loads TensorFlow.
 * The messages are in libs/contracts/src/trainer-protocol.ts, the parent's side is libs/trainer-process.
 */

type LastEvent = Extract<TrainerEvent, { type: 'completed' | 'cancelled' | 'failed' }>;

if (process.send === undefined) {
  process.stderr.write('This program is started by a worker or by "distillery train", which tell it what to do.\n');
  process.exit(2);
}

const channel = new EventChannel((event, written) => process.send?.(event, undefined, undefined, written));
const leases = new OutputLeases(channel);
const cancellation = new AbortController();
let begun = false;
let ended = false;

watchParent();
// Whoever asked is gone: nobody takes the result.
process.on('disconnect', () => process.exit(1));
// Ctrl-C on a terminal reaches the whole group; what becomes of the run is for the parent to say.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.on('SIGTERM', () =>
  cancellation.abort(new OperationalError('The trainer was stopped from outside by SIGTERM.')),
);
// A reader that is gone, as the parent's end of the pipes may be, is no reason to fail.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
for (const kind of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(kind, (error: unknown) => void end({ type: 'failed', failure: failureOf(error) }));
}
process.on('message', (message) => void receive(message));

async function receive(message: unknown): Promise<void> {
  const parsed = ParentMessageSchema.safeParse(message);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const error = new Error(
      `The parent's message does not follow the protocol: ${issue.path.join('.')} ${issue.message}`,
    );
    return end({ type: 'failed', failure: failureOf(error) });
  }
  if (parsed.data.type === 'output-lease') return leases.receive(parsed.data);
  if (parsed.data.type === 'cancel') return cancellation.abort(new Cancellation(parsed.data.reason));
  if (begun) return;
  begun = true;
  await end(await perform(parsed.data));
}

async function perform(task: StartMessage | PredictMessage | WeightsMessage): Promise<LastEvent> {
  const { signal } = cancellation;
  try {
    const report = task.type === 'start' ? await train(task, channel, signal, leases) : undefined;
    if (task.type === 'predict') await predict(task, channel, signal);
    if (task.type === 'weights') await weights(task, channel, signal);
    return { type: 'completed', report };
  } catch (error) {
    if (!(signal.reason instanceof Cancellation)) return { type: 'failed', failure: failureOf(error) };
    if (error !== signal.reason && !isAbort(error)) {
      const message = `while it was being cancelled: ${failureOf(error).message}`;
      channel.post({ type: 'log', level: 'warn', message, at: Date.now() });
    }
    return { type: 'cancelled' };
  }
}

/** Says how it ended, once, after all that was said before, and exits. */
async function end(event: LastEvent): Promise<void> {
  if (ended) return;
  ended = true;
  await channel.flush();
  channel.post(event);
  await channel.flush();
  process.exit(0);
}

/** The parent asked for the end. */
class Cancellation extends Error {
  override name = 'Cancellation';
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
