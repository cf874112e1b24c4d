/** The product's worker with a tool that people have to approve, and a team that asks them. The argument is its health port. */
import { appendFile } from 'node:fs/promises';
import { TEAMS, tool, Toolbox, type Team } from '../../activities/index.ts';
import { readConfig } from '../../src/main/config.ts';
import { runWorker } from '../../src/main/worker.ts';

const FILE = process.env['TEST_CALLS'] ?? '';

/** Each call is a line of the file: what was really paid. */
const refund = tool({
  ...{ description: 'Pays money back', effect: 'once' },
  input: { type: 'object', properties: { amount: { type: 'number' } }, required: ['amount'] },
  approval: ({ amount: given, hurry }) => {
    const amount = Number(given);
    if (amount < 10) return 'never';
    if (hurry === true) return { title: 'Refund', expiresMs: 1_000 };
    return { title: `Refund ${amount} €`, approvers: { roles: ['lead'], count: 2 }, mayEdit: true };
  },
  async run({ amount }, { session }) {
    await appendFile(FILE, `${session} ${Number(amount)}\n`);
    return `paid ${Number(amount)}`;
  },
});

/** Two things side by side, each to be approved. */
const gate: Team = async ({ approve, parallel, say }) => {
  const { left, right } = await parallel({
    left: (branch) => branch.approve({ title: 'Left', approvers: { names: ['ana'] } }),
    right: (branch) => branch.approve({ title: 'Right', data: { deep: { value: 1 } }, mayEdit: true }),
  });
  await say(JSON.stringify([left, right].map((each) => each.status === 'completed' && each.value)));
  await approve({ title: 'Third' });
};

const toolbox = new Toolbox({ refund });
await runWorker(
  readConfig(process.env),
  { port: Number(process.argv[2]), host: '127.0.0.1' },
  {
    tools: (names) => toolbox.tools(names),
    configured: (agent) => ({ ...agent, tools: ['refund'] }),
    teams: { ...TEAMS, gate },
    catalog: { agents: {}, teams: ['gate'], tools: ['refund'] },
  },
);
process.exit(0);
