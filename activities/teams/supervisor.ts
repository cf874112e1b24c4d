import type { JsonObject } from '../../src/contracts/index.ts';
import { TeamOptions } from './options.ts';
import type { Team } from './team.ts';

interface Task {
  readonly agent: string;
  readonly task: string;
}

const TASKS_MOST = 8;

const PLAN =
  'Plan what is still to be done before you can answer: tasks for these agents, which work side by side and do not see each other. Judge ' +
  'what they have said so far; if it is enough, give no task.';

const ANSWER = 'Answer now, with what the agents have said.';

/**
 * One agent plans, gives tasks to the others, judges what they say, and ends with an answer. Options: `supervisor` (default: the first agent),
 * `agents` (default: the others), `rounds` of tasks (default 3, at most 10).
 */
export const supervisor: Team = async (context) => {
  const options = new TeamOptions(context, ['supervisor', 'agents', 'rounds']);
  const lead = options.role('supervisor', 0);
  const workers = options.cast([lead]);
  const output = planFor(workers);
  let failed = '';
  const rounds = options.count('rounds', 3, 10);
  for (let round = workers.length === 0 ? 0 : rounds; round > 0; round -= 1) {
    const { data } = await context.ask(lead, { task: `${PLAN}${failed}`, output });
    const { tasks } = data as unknown as { readonly tasks: readonly Task[] }; // safety: an answer fits its schema
    if (tasks.length === 0) break;
    const branches = tasks.map(({ agent, task }, index) => [
      `t${index + 1}`,
      ({ ask }: typeof context) => ask(agent, { task }),
    ]);
    const ended = Object.values(await context.parallel(Object.fromEntries(branches)));
    const lost = tasks.filter((_, index) => ended[index]?.status === 'failed');
    failed = lost.length === 0 ? '' : ` Failed: ${lost.map(({ agent }) => agent).join(', ')}.`;
  }
  return { agent: lead, input: { task: ANSWER } };
};

function planFor(workers: readonly string[]): JsonObject {
  const task = {
    type: 'object',
    properties: { agent: { enum: workers }, task: { type: 'string', minLength: 1, maxLength: 8_192 } },
    required: ['agent', 'task'],
  };
  return {
    type: 'object',
    properties: { tasks: { type: 'array', items: task, maxItems: TASKS_MOST } },
    required: ['tasks'],
  };
}
