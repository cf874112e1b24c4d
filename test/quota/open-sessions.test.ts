/** Open sessions of a tenant, over all gateways. On a real Redis. */
import { describe, expect, test } from '@jest/globals';
import type { TenantLimits } from '../../src/contracts/index.ts';
import { connectRedis } from '../../src/log/index.ts';
import { OpenSessions } from '../../src/quota/index.ts';
import { eventually } from '../support/process.ts';
import { useRedis } from '../support/commands.ts';

const used = useRedis();

describe('open sessions', () => {
  /** A Temporal: what is open in it, what it knows of that, and how often it was asked. */
  class Known {
    readonly open = new Set<string>();
    readonly seen = new Set<string>();
    asked = 0;
    readonly count = async (_tenant: string, without: readonly string[]): Promise<number> => {
      this.asked += 1;
      return [...this.seen].filter((session) => !without.includes(session)).length;
    };
    /** Lists catch up. */
    see(): void {
      this.seen.clear();
      for (const session of this.open) this.seen.add(session);
    }
  }
  const limitsOf = (tenant: string): TenantLimits => (tenant === 'free' ? {} : { openSessions: 5 });
  const gateway = ({ count }: Known, on = used.commands): OpenSessions =>
    new OpenSessions(on, count, limitsOf);
  const refusal = (used: number): object => ({
    code: 'quota_exceeded',
    limits: [{ limit: 'openSessions', most: 5, used, left: 0 }],
  });
  const allows = (opening: Promise<unknown>): Promise<boolean> =>
    opening.then(
      () => true,
      () => false,
    );
  async function openAll(gateways: readonly OpenSessions[], tenant: string, known: Known): Promise<number> {
    const ids = Array.from({ length: 40 }, (_, n) => `s${n}`);
    const opened = await Promise.all(
      ids.map(async (id, n) => {
        const isOpen = await allows(gateways[n % gateways.length]!.open(tenant, id));
        if (isOpen) known.open.add(id);
        return isOpen;
      }),
    );
    return opened.filter(Boolean).length;
  }

  test('are never more than the limit, however many gateways open them at once, whatever Temporal knows by then', async () => {
    const known = new Known();
    const [a, b, c] = [gateway(known), gateway(known), gateway(known)];
    await a.open('free', 's');
    expect(known.asked).toBe(0);
    expect(await openAll([a, b, c], 'acme', known)).toBe(5);
    expect(known.asked).toBe(3);
    await expect(gateway(known).open('acme', 'new')).rejects.toMatchObject(refusal(5));
    known.see();
    // Temporal knows of them now: they do not count twice.
    await expect(gateway(known).open('acme', 'new')).rejects.toMatchObject(refusal(5));
    expect(await gateway(known).used('acme')).toBe(5);
  });

  test('that have a place need no other', async () => {
    const known = new Known();
    const [a, b] = [gateway(known), gateway(known)];
    expect(await openAll([a], 'again', known)).toBe(5);
    for (const id of known.open) expect(await allows(b.open('again', id))).toBe(true);
    expect(await b.used('again')).toBe(5);
    // Of a place that it has not taken, an open gives nothing back.
    const [first = ''] = known.open;
    (await b.open('again', first))();
    await expect(b.open('again', 'new')).rejects.toMatchObject(refusal(5));
  });

  test('that were open before give the place back; one that was never opened loses it', async () => {
    const known = new Known();
    for (let n = 0; n < 4; n += 1) known.open.add(`old${n}`);
    known.see();
    const one = gateway(known);
    const giveBack = await one.open('back', 'old0');
    await expect(one.open('back', 'new')).rejects.toMatchObject(refusal(5));
    giveBack();
    await eventually('it has been given back', async () => (await one.used('back')) === 4);
    await one.open('back', 'crashed');
    await expect(one.open('back', 'new')).rejects.toMatchObject(refusal(5));
    // As if it were of another time: the place of a young session counts for some seconds.
    await used.commands.zadd('convoke:{back}:quota:opened', 1, 'crashed');
    expect(await allows(gateway(known).open('back', 'new'))).toBe(true);
    const ttl = await used.commands.pttl('convoke:{back}:quota:opened');
    expect(ttl).toBeGreaterThan(0);
  });

  test('that are more than Temporal is told by name are left to it, the oldest first', async () => {
    const known = new Known();
    const key = 'convoke:{many}:quota:opened';
    const [seconds] = await used.commands.time();
    const now = Number(seconds) * 1_000;
    for (let n = 0; n < 300; n += 1) {
      known.open.add(`s${n}`);
      await used.commands.zadd(key, now - 2_000 + n, `s${n}`);
    }
    known.see();
    expect(await gateway(known).used('many')).toBe(300);
  });

  test('are counted by each gateway alone while Redis is away', async () => {
    const away = connectRedis('redis://127.0.0.1:1', () => undefined);
    const known = new Known();
    const one = gateway(known, away);
    expect(await openAll([one], 'away', known)).toBe(5);
    known.see();
    await eventually(
      'Temporal is asked again',
      async () => (await allows(one.open('away', 'new'))) || known.asked > 1,
    );
    expect(known.open.size).toBe(5);
    expect(await allows(one.open('away', 'new'))).toBe(false);
    away.disconnect();
  });
});
