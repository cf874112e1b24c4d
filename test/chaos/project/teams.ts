import type { Team } from 'convoke/team';

/** Counts its turns in its memory and says the number; two of three branches are enough; then a clerk calls tools, and a judge has the last word. */
export const tally: Team = async ({ ask, memory, parallel, say }) => {
  const count = Number(memory.get('count') ?? 0) + 1;
  memory.set('count', count);
  await say(`Turn ${count}.`);
  await parallel(
    { pro: ({ ask }) => ask('pro'), con: ({ ask }) => ask('con'), silent: ({ ask }) => ask('silent') },
    { until: 2 },
  );
  await ask('clerk');
  return { agent: 'judge' };
};

/**
 * Sleeps until a message steers it or its hour is over, asks three people for a decision and one of them for a word, then a clerk calls tools
 * and a judge has the last word.
 */
export const desk: Team = async ({ ask, askPerson, approve, say, sleep, turn }) => {
  await say('Sleeping.');
  await say(`Slept: ${await sleep(3_600_000)}.`);
  const { status, by } = await approve({
    title: 'Go on?',
    data: { turn: turn.id },
    approvers: { names: ['ana', 'bo', 'cy'], count: 2 },
  });
  await say(`It is ${status} by ${by.length}.`);
  const word = await askPerson('ana', { text: 'What do you say?' });
  await say(word.status === 'answered' ? `Ana says: ${word.message.text}` : 'Ana says nothing.');
  await ask('clerk');
  return { agent: 'judge' };
};
