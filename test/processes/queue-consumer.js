// A consumer in a process of its own, to be killed. It tells its parent what it took, and holds on to it.
import { createRunConsumer } from '#queue';

const { queueUrl, leaseMs } = JSON.parse(process.argv[2]);
await createRunConsumer(
  { queueUrl },
  {
    concurrency: 1,
    leaseMs,
    handle: ({ message }) => {
      process.send({ took: message });
      return new Promise(() => {});
    },
    onError: (error) => process.send({ error: error.message }),
  },
);
process.on('disconnect', () => process.exit());
process.send({ ready: true });
