/** How much memory a Node process uses, as its own inspector tells. It must have been started with `--inspect-port`. */
import { eventually } from '../test/support/process.ts';

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

class Inspector {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #calls = 0;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => {
      const answer = JSON.parse(String(data)) as Answer; // safety: the inspector's protocol
      this.#waiting.get(answer.id)?.(answer);
      this.#waiting.delete(answer.id);
    });
  }

  async call(method: string, params: object = {}): Promise<unknown> {
    this.#calls += 1;
    const id = this.#calls;
    const answered = new Promise<Answer>((resolve) => this.#waiting.set(id, resolve));
    this.#socket.send(JSON.stringify({ id, method, params }));
    const { result, error } = await answered;
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  close(): void {
    this.#socket.close();
  }
}

/** Reads the memory of one process. */
export interface HeapReader {
  /** Bytes in use after a full collection: JavaScript's heap and what it holds outside of it. */
  bytes(): Promise<number>;
  close(): void;
}

export async function readHeap(pid: number, port: number): Promise<HeapReader> {
  process.kill(pid, 'SIGUSR1');
  let url = '';
  await eventually('the inspector listens', async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/json/list`);
    const [target] = (await answer.json()) as { webSocketDebuggerUrl: string }[]; // safety: the inspector's protocol
    url = target?.webSocketDebuggerUrl ?? '';
    return url !== '';
  });
  const socket = new WebSocket(url);
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve, { once: true });
    socket.addEventListener('error', reject, { once: true });
  });
  const inspector = new Inspector(socket);
  const expression = '(({ heapUsed, external }) => heapUsed + external)(process.memoryUsage())';
  return {
    async bytes() {
      await inspector.call('HeapProfiler.collectGarbage');
      const { result } = (await inspector.call('Runtime.evaluate', { expression })) as {
        result: { value: number };
      };
      return result.value;
    },
    close: () => inspector.close(),
  };
}
