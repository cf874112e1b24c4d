/** A turn that messages join, against a real Redis log: what the workflow hears of them. */
import { expect, test } from '@jest/globals';
import { eventId, START, type EventDraft } from '../../../src/contracts/index.ts';
import { useScene } from '../scene.ts';

const scene = useScene();

test('a turn reports where a message is that has joined it, whoever has brought that to the log', async () => {
  const turn = scene.execute({
    team: async ({ ask }) => {
      await ask('a');
      return { agent: 'b' };
    },
  });
  scene.agent.say('one');
  await scene.streamed('one');
  const data = {
    messageId: 'm2',
    parts: [{ type: 'text', text: 'and?' }],
    queued: true,
    steers: 't1',
  } as const;
  const joins: EventDraft = {
    ...{ id: eventId.message('m2'), type: 'message.accepted', at: 1, turn: 't2', cause: 'm2' },
    ...{ trace: '2'.repeat(32), data },
  };
  await scene.server.log.append(scene.ref, { known: START, drafts: [joins] });
  scene.agent.end('');
  scene.cast.of('b').end('two');
  const { report } = await turn.result;
  const stored = (await scene.logged()).find(({ id }) => id === joins.id);
  expect(report.placed).toContainEqual({ id: joins.id, seq: stored?.seq });
  // Its end is in the trace of its message.
  const end = { type: 'turn.merged', turn: 't2', trace: '2'.repeat(32) };
  expect(report.events).toContainEqual(expect.objectContaining(end));
});
