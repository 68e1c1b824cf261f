/**
 * Works on several items at once and yields the results in the items' order. At most `concurrency` results are
 * held, so memory stays bounded however slow the consumer is.
 */
export async function* mapOrdered<Item, Result>(
  items: Iterable<Item>,
  concurrency: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result, void, undefined> {
  const iterator = items[Symbol.iterator]();
  const running: Promise<Result>[] = [];
  const fill = (): void => {
    while (running.length < concurrency) {
      const { value, done } = iterator.next();
      if (done === true) return;
      const started = work(value);
      // A failure is thrown when its turn comes, which may be later than Node waits for a handler.
      started.catch(() => {});
      running.push(started);
    }
  };
  try {
    for (fill(); running.length > 0; fill()) {
      yield await (running.shift() as Promise<Result>);
    }
  } finally {
    await Promise.allSettled(running);
  }
}
