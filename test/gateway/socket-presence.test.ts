/** What one socket has asked of presence: what a refusal leaves of it. */
import { describe, expect, test } from '@jest/globals';
import { ConvokeError } from '../../src/contracts/index.ts';
import type { Presence } from '../../src/deliver/index.ts';
import { SocketPresence } from '../../src/gateway/socket-presence.ts';
import type { Arrival } from '../../src/ingest/index.ts';
import { NO_PRESENCE } from './fake-presence.ts';

const REF = { tenant: 'acme', session: 's' };
const OBSERVE: Arrival = { ref: REF };
const JOIN: Arrival = { ref: REF, member: { subject: 'ana' } };

function refusing(others: Partial<Presence> = {}): { asked: SocketPresence; stopped: () => number } {
  let stopped = 0;
  const presence: Presence = {
    ...NO_PRESENCE,
    hear: async () => () => void (stopped += 1),
    join: () => Promise.reject(new ConvokeError('presence_full')),
    ...others,
  };
  return { asked: new SocketPresence(presence, 'c1', () => undefined), stopped: () => stopped };
}

describe('a socket whose joining is refused', () => {
  test('goes on observing, if it did', async () => {
    const { asked, stopped } = refusing();
    await asked.ask(OBSERVE);
    await expect(asked.ask(JOIN)).rejects.toMatchObject({ code: 'presence_full' });
    expect([asked.hears('s'), stopped()]).toEqual([true, 0]);
    asked.leave('s');
    await Promise.resolve();
    expect([asked.hears('s'), stopped()]).toEqual([false, 1]);
  });

  test('goes on observing, if it asked for that at the same moment', async () => {
    const joining = Promise.withResolvers<undefined>();
    const { asked, stopped } = refusing({ join: () => joining.promise });
    const [joins, observes] = [asked.ask(JOIN), asked.ask(OBSERVE)];
    await observes;
    joining.reject(new ConvokeError('log_unavailable'));
    await expect(joins).rejects.toMatchObject({ code: 'log_unavailable' });
    expect([asked.hears('s'), stopped()]).toEqual([true, 0]);
  });

  test('is told nothing, if it had asked for nothing before', async () => {
    const { asked, stopped } = refusing();
    await expect(asked.ask(JOIN)).rejects.toMatchObject({ code: 'presence_full' });
    expect([asked.hears('s'), stopped()]).toEqual([false, 1]);
  });
});
