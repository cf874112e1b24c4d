/** Clients that mean no good, who attack the gateways all the while. */
import { assault, ASSAULTS } from '../support/attack.ts';
import { OTHER_KEY } from '../support/stack.ts';
import type { Stack } from '../support/stack.ts';
import type { Random } from './random.ts';

/** Assaults at a time. */
const AT_ONCE = 2;
/** For so long what was opened is held, ms: a peer that does not read is cut after ten seconds. */
const HELD_MS = [50, 12_000] as const;

/** Names of the assaults, in their order. `session`: one of theirs. */
export async function attack(
  { gateways }: Stack,
  session: string,
  { random, going }: { readonly random: Random; readonly going: () => boolean },
): Promise<readonly string[]> {
  const done: string[] = [];
  const one = async (): Promise<void> => {
    while (going()) {
      const name = random.pick(Object.keys(ASSAULTS));
      const { port } = random.pick(gateways);
      done.push(name);
      await assault(name, { port, key: OTHER_KEY, session, heldMs: random.between(...HELD_MS) });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  return done;
}

/** Every kind once: what a gateway loads at its first use is there afterwards. */
export async function attackOnce({ gateways }: Stack, session: string): Promise<void> {
  const target = { key: OTHER_KEY, session, heldMs: 500 };
  for (const { port } of gateways)
    await Promise.all(Object.keys(ASSAULTS).map((name) => assault(name, { ...target, port })));
}
