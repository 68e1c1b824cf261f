import { describe, expect, it } from 'vitest';
import { readEvents, type ServerSentEvent } from './sse.js';

async function read(...chunks: (string | Uint8Array)[]): Promise<ServerSentEvent[]> {
  async function* body() {
    for (const chunk of chunks) yield typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk;
  }
  const events = [];
  for await (const event of readEvents(body())) events.push(event);
  return events;
}

describe('readEvents', () => {
  it('reads id, event and data, and joins several data lines', async () => {
    expect(await read('id: 7\nevent: run\ndata: a\ndata:b\n\n')).toEqual([{ id: '7', event: 'run', data: 'a\nb' }]);
  });

  it('keeps the last id for events that name none', async () => {
    expect((await read('id: 1\ndata: a\n\ndata: b\n\n')).map(({ id }) => id)).toEqual(['1', '1']);
  });

  it.each(['\n', '\r', '\r\n'])('accepts %j as the end of a line', async (end) => {
    const text = ['data: a', '', 'data: b', '', ''].join(end);
    // A lone CR at the very end could be half a CRLF: what follows settles it.
    const events = await read(...text.split(''), ': comment', '\n');
    expect(events.map(({ data }) => data)).toEqual(['a', 'b']);
  });

  it('puts a character together that two chunks share', async () => {
    const bytes = new TextEncoder().encode('data: ü\n\n');
    expect((await read(bytes.slice(0, 7), bytes.slice(7)))[0].data).toBe('ü');
  });

  it('ignores comments and drops an event that the end cuts off', async () => {
    expect(await read(': keep-alive\n\ndata: half')).toEqual([]);
  });
});
