/** What a gateway records of an event's way out. */
import { expect, test } from '@jest/globals';
import type { SessionEvent } from '../../src/contracts/index.ts';
import { recordPush } from '../../src/deliver/follow/way-out.ts';
import { messageSpan, orchestrateSpan, type Span } from '../../src/telemetry/index.ts';

const [ONE, TWO] = ['1'.repeat(32), '2'.repeat(32)] as const;

test('a message that is answered in the turn of another one leads to the trace of that one', () => {
  const told: Span[] = [];
  const spans = { withContent: false, samples: () => true, add: (span: Span) => void told.push(span) };
  const event = {
    ...{ v: 1, tenant: 'dev', session: 's', epoch: 1, seq: 7, id: 'turn.ended:t2', at: 1 },
    ...{ type: 'turn.merged', turn: 't2', cause: 'm2', trace: TWO },
    data: { into: 't1', intoTrace: ONE, messageIds: ['m2'], reason: { code: 'joined', message: 'x' } },
  } as unknown as SessionEvent; // safety: no more of it is read
  recordPush(spans, event, 1);
  expect(told).toMatchObject([
    {
      trace: TWO,
      parent: messageSpan(TWO, 's', 'm2'),
      links: [{ trace: ONE, id: orchestrateSpan(ONE, 't1') }],
    },
  ]);
});
