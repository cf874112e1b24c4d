/** A client of the event stream: `fetch`, and the few rules of the format that this server uses. */
import { eventually } from '../support/process.ts';

export interface Frame {
  readonly event: string;
  readonly id?: string;
  readonly data: unknown;
}

export interface EventStream {
  readonly frames: readonly Frame[];
  /** Resolves once a frame passes. */
  until(test: (frame: Frame) => boolean): Promise<void>;
  close(): void;
}

function frameOf(block: string): Frame | null {
  const fields = new Map(
    block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
  );
  const [event, data, id] = [fields.get('event'), fields.get('data'), fields.get('id')];
  if (event === undefined || data === undefined) return null;
  return { event, data: JSON.parse(data) as unknown, ...(id === undefined ? {} : { id }) };
}

export async function openEventStream(
  url: string,
  id: string,
  lastEventId?: string,
  token = 'dev',
): Promise<EventStream> {
  const stop = new AbortController();
  const response = await fetch(`${url}/v1/sessions/${id}/stream`, {
    headers: {
      Authorization: `Bearer ${token}`,
      ...(lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId }),
    },
    signal: stop.signal,
  });
  if (!response.ok || !response.body) throw new Error(`the stream answers ${response.status}`);
  const frames: Frame[] = [];
  const read = async (chunks: AsyncIterable<Uint8Array>): Promise<void> => {
    const decoder = new TextDecoder();
    let text = '';
    for await (const chunk of chunks) {
      text += decoder.decode(chunk, { stream: true });
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      frames.push(...blocks.map(frameOf).filter((frame) => frame !== null));
    }
  };
  // It ends with an error when it is closed here.
  void read(response.body).catch(() => undefined);
  return {
    frames,
    until: (test) => eventually('a frame passes', () => frames.some(test)),
    close: () => {
      stop.abort();
    },
  };
}
