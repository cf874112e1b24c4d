import { critic, type Team } from 'convoke/team';

/** Side by side, for a minute at most; what they found is seen by the writer. Then the built-in team `critic`, as a part of this one. */
export const research: Team<{ rounds?: number }> = async ({ parallel, say, run, options }) => {
  const found = await parallel(
    {
      history: ({ ask }) => ask('history'),
      science: ({ ask }) => ask('science'),
      doubt: ({ ask }) => ask('doubt'),
    },
    { timeoutMs: 60_000 },
  );
  const missing = Object.entries(found).filter(([, { status }]) => status !== 'completed');
  if (missing.length === 3) return say('Nobody has found anything. Ask again later.');
  if (missing.length > 0) await say(`Without ${missing.map(([name]) => name).join(', ')}.`);
  await run(critic, { writer: 'writer', critic: 'editor', rounds: options.rounds ?? 2 });
};
