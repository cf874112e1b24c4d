import type { Team } from 'convoke/team';

/** What every juror is asked for. */
const VOTE = {
  type: 'object',
  properties: { good: { type: 'boolean' }, why: { type: 'string' } },
  required: ['good'],
};

/**
 * A writer drafts, three jurors vote at the same time. Two votes decide: the third juror is stopped. The writer tries until a majority likes the
 * draft; the announcer has the last word. The score is kept from turn to turn.
 */
export const jury: Team<{ rounds?: number }> = async ({ ask, parallel, options, memory, say }) => {
  const rounds = options.rounds ?? 3;
  for (let round = 1; round <= rounds; round += 1) {
    await ask('writer', round === 1 ? {} : { task: 'Write a better one: heed what the jurors said.' });
    const vote = { task: 'Vote on the newest draft.', output: VOTE };
    const votes = await parallel(
      {
        anna: ({ ask: asks }) => asks('anna', vote),
        bert: ({ ask: asks }) => asks('bert', vote),
        cleo: ({ ask: asks }) => asks('cleo', vote),
      },
      { until: 2, timeoutMs: 30_000 },
    );
    const cast = Object.values(votes).flatMap((each) =>
      each.status === 'completed' ? [each.value.data] : [],
    );
    if (cast.length < 2) return say('The jury is away.');
    if (cast.every((each) => (each as { good: boolean }).good)) {
      memory.set('accepted', Number(memory.get('accepted') ?? 0) + 1);
      return { agent: 'announcer' };
    }
  }
  return say(`No draft was good enough in ${rounds} rounds.`);
};
