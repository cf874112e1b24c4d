/** A network between any two parts that misbehaves at random. */
import { setTimeout as pause } from 'node:timers/promises';
import { startProxy } from '../support/proxy.ts';
import type { TestProxy } from '../support/proxy.ts';
import type { Random } from './random.ts';

type Fault = (proxy: TestProxy, ms: number) => Promise<void>;

/** Each is over when it resolves. */
const FAULTS: Readonly<Record<string, Fault>> = {
  cut: async (proxy) => proxy.cut(),
  async freeze(proxy, ms) {
    proxy.freeze();
    await pause(ms);
    proxy.thaw();
  },
  async 'freeze and cut'(proxy, ms) {
    proxy.freeze('open');
    await pause(ms);
    proxy.cut();
    proxy.thaw();
  },
  async 'lose answers'(proxy, ms) {
    proxy.loseAnswers();
    await pause(ms);
    proxy.cut();
  },
  async delay(proxy, ms) {
    proxy.delay(ms / 8);
    await pause(ms);
    proxy.delay(0);
  },
  async refuse(proxy, ms) {
    await proxy.refuse();
    proxy.cut();
    await pause(ms);
    await proxy.accept();
  },
};

/** Proxies between parts, by their names: `gateway 1–redis`. */
export class Wires {
  readonly all = new Map<string, TestProxy>();

  /** The port of a new one, which leads to that port. */
  async lead(from: string, to: string, port: number): Promise<number> {
    const proxy = await startProxy({ port });
    this.all.set(`${from}–${to}`, proxy);
    return proxy.port;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.all.values()].map((proxy) => proxy.stop()));
  }
}

export interface Misbehaviour {
  readonly random: Random;
  /** How long a fault takes, and the pause after it, ms. */
  readonly brokenMs: readonly [number, number];
  readonly wholeMs: readonly [number, number];
  readonly going: () => boolean;
}

/** Names of the faults, in their order. */
export async function misbehave(
  wires: ReadonlyMap<string, TestProxy>,
  { random, brokenMs, wholeMs, going }: Misbehaviour,
): Promise<readonly string[]> {
  const done: string[] = [];
  while (going()) {
    const fault = random.pick(Object.keys(FAULTS));
    const [name, proxy] = random.pick([...wires]);
    const ms = Math.round(random.between(...brokenMs));
    done.push(`${fault} ${name} (${ms} ms)`);
    await FAULTS[fault]?.(proxy, ms);
    await pause(random.between(...wholeMs));
  }
  // What has been lost silently is found at once.
  for (const proxy of wires.values()) proxy.cut();
  return done;
}
