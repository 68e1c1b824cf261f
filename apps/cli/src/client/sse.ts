/** One server-sent event. */
export interface ServerSentEvent {
  /** The newest id that the stream has named: sent back as Last-Event-ID, it resumes there. */
  id: string | undefined;
  event: string;
  data: string;
}

/**
 * Reads an event stream to its end. https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream:
 * lines end in CR, LF or CRLF, a field may come in several chunks, and an event that the end of the stream cuts off is
 * dropped.
 */
export async function* readEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  let id: string | undefined;
  let event = '';
  let data: string[] = [];
  for await (const line of readLines(body)) {
    if (line === '') {
      if (data.length > 0) yield { id, event: event || 'message', data: data.join('\n') };
      event = '';
      data = [];
      continue;
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') data.push(value);
    else if (field === 'event') event = value;
    else if (field === 'id' && !value.includes('\0')) id = value;
  }
}

async function* readLines(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  // Strips a byte order mark, and keeps a character together that two chunks share.
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true });
    // A CR at the end may be the first half of a CRLF: it waits for what follows.
    const complete = rest.endsWith('\r') ? rest.slice(0, -1) : rest;
    const lines = complete.split(/\r\n|\r|\n/);
    rest = lines.pop()! + rest.slice(complete.length);
    yield* lines;
  }
}
