export { QueueUnavailableError } from './queue-unavailable-error.js';
export { createRunConsumer } from './run-consumer.js';
export { createRunPublisher } from './run-publisher.js';
export * from './run-queue.js';
