/** Many clients in several processes. */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Order, Told } from './orders.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));

export interface Place {
  readonly engine: 'product' | 'bare';
  readonly url: string;
  readonly sessions: readonly string[];
  readonly clients: number;
}

export class Herd {
  readonly #processes: readonly ChildProcess[];

  private constructor(processes: readonly ChildProcess[]) {
    this.#processes = processes;
  }

  /** A process for each place; resolves once all clients follow their sessions. */
  static async gather(places: readonly Place[]): Promise<Herd> {
    const children = places.map((place) => ({
      place,
      child: fork(MAIN, { stdio: ['ignore', 2, 2, 'ipc'] }),
    }));
    const herd = new Herd(children.map(({ child }) => child));
    try {
      await Promise.all(children.map(({ place, child }) => ask(child, { do: 'gather', ...place })));
    } catch (error) {
      herd.end();
      throw error;
    }
    return herd;
  }

  /** Clients whose connection is lost come back there. */
  returnTo(url: string): void {
    for (const each of this.#processes) each.send({ do: 'return', url } satisfies Order);
  }

  async tell(): Promise<readonly Told[]> {
    return Promise.all(this.#processes.map((each) => ask(each, { do: 'tell' })));
  }

  end(): void {
    for (const each of this.#processes) each.kill('SIGKILL');
  }
}

function ask(child: ChildProcess, order: Order): Promise<Told> {
  return new Promise((resolve, reject) => {
    const ended = (): void => reject(new Error('a process with clients has ended'));
    child.once('exit', ended);
    child.once('message', (answer: Told | { readonly error: string }) => {
      child.off('exit', ended);
      if ('error' in answer) reject(new Error(answer.error));
      else resolve(answer);
    });
    child.send(order);
  });
}
