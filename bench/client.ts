/** A client on a bare WebSocket: it costs the process that measures less than a library would, and is the same for both engines. */

/** Engine.io and Socket.IO in so far as a gateway answers with them (https://socket.io/docs/v4/socket-io-protocol). */
const [PING, PONG, CONNECTED, EVENT, ACK] = ['2', '3', '40{', '42', '43'];

export class BareClient {
  /** Called with each event's JSON: `["name", …]`. */
  heard: (json: string) => void = () => undefined;
  readonly #socket: WebSocket;
  /** Called when it is closed, by whichever side. */
  gone: () => void = () => undefined;
  readonly #waiting = new Map<string, PromiseWithResolvers<string>>();
  #asked = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  /** Resolves once it is let in. `url`: http. */
  static connect(url: string, token: string): Promise<BareClient> {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
    const client = new BareClient(socket);
    const { promise, resolve, reject } = Promise.withResolvers<BareClient>();
    socket.addEventListener('error', () => reject(new Error('a socket failed')));
    socket.addEventListener('close', () => {
      reject(new Error('a socket was closed'));
      for (const { reject: refuse } of client.#waiting.values()) refuse(new Error('a socket was closed'));
      client.gone();
    });
    socket.addEventListener('message', ({ data }) => {
      const packet = String(data);
      if (packet === PING) socket.send(PONG);
      else if (packet.startsWith(EVENT)) client.heard(packet.slice(EVENT.length));
      else if (packet.startsWith(ACK)) client.#answered(packet);
      else if (packet.startsWith(CONNECTED)) resolve(client);
      else if (packet.startsWith('0')) socket.send(`40${JSON.stringify({ token })}`);
    });
    return promise;
  }

  /** Resolves with the JSON of the answer. */
  ask(name: string, body: unknown): Promise<string> {
    this.#asked += 1;
    const id = String(this.#asked);
    const answer = Promise.withResolvers<string>();
    this.#waiting.set(id, answer);
    this.#socket.send(`42${id}${JSON.stringify([name, body])}`);
    return answer.promise;
  }

  #answered(packet: string): void {
    const at = packet.indexOf('[');
    const id = packet.slice(ACK.length, at);
    this.#waiting.get(id)?.resolve(packet.slice(at));
    this.#waiting.delete(id);
  }

  close(): void {
    this.#socket.close();
  }
}

/** As many as are wanted, some at a time, in the order in which they were let in. */
export async function many<T>(
  count: number,
  atOnce: number,
  make: (index: number) => Promise<T>,
): Promise<readonly T[]> {
  const made: T[] = [];
  let next = 0;
  const line = async (): Promise<void> => {
    while (next < count) {
      const index = next;
      next += 1;
      made.push(await make(index));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, line));
  return made;
}
