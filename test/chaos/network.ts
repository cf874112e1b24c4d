/** A network between clients and gateways that misbehaves at random. */
import { setTimeout as pause } from 'node:timers/promises';
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

/** Names of the faults, in their order. */
export async function misbehave(
  proxies: readonly TestProxy[],
  random: Random,
  going: () => boolean,
): Promise<readonly string[]> {
  const done: string[] = [];
  while (going()) {
    const name = random.pick(Object.keys(FAULTS));
    done.push(name);
    await FAULTS[name]?.(random.pick(proxies), random.between(50, 700));
    await pause(random.between(20, 300));
  }
  // What has been lost silently is found at once.
  for (const proxy of proxies) proxy.cut();
  return done;
}
