/** `convoke schedules`. */
import { LIMITS } from '../../contracts/index.ts';
import type { InterjectionPolicy, SchedulePage, ScheduleSummary } from '../../contracts/index.ts';
import { callGateway } from '../gateway-api.ts';
import { CliError } from '../failure.ts';
import { table } from '../terminal.ts';

export interface SchedulesOptions {
  readonly create?: string;
  readonly cron?: string;
  readonly zone?: string;
  readonly session?: string;
  readonly agents?: readonly string[];
  readonly text?: string;
  readonly policy?: InterjectionPolicy;
  readonly trigger?: string;
  readonly pause?: string;
  readonly resume?: string;
  readonly delete?: string;
  readonly json?: boolean;
}

const PATH = '/v1/schedules';

export async function schedules(options: SchedulesOptions): Promise<void> {
  const { create, trigger, pause, resume, delete: gone } = options;
  if (create !== undefined) return createOne(create, options);
  if (trigger !== undefined) await callGateway({ method: 'POST', path: `${PATH}/${trigger}/trigger` });
  if (pause !== undefined) await callGateway({ method: 'POST', path: `${PATH}/${pause}/pause` });
  if (resume !== undefined) await callGateway({ method: 'POST', path: `${PATH}/${resume}/resume` });
  if (gone !== undefined) await callGateway({ method: 'DELETE', path: `${PATH}/${gone}` });
  if ([trigger, pause, resume, gone].some((each) => each !== undefined)) {
    // The list tells of changes with a short delay.
    process.stdout.write(options.json ? '{}\n' : 'Done. See them: npx convoke schedules\n');
    return;
  }
  const data = await allSchedules();
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ data }, null, 2)}\n`);
    return;
  }
  const rows = data.map(({ id, cron, zone = 'UTC', session = '(a new one)', paused, next }) => [
    ...[id, cron, zone, session, paused ? 'paused' : new Date(next[0] ?? 0).toISOString()],
  ]);
  if (rows.length === 0) process.stdout.write('No schedules.\n');
  else process.stdout.write(table([['SCHEDULE', 'CRON', 'ZONE', 'SESSION', 'NEXT'], ...rows]));
}

async function allSchedules(): Promise<readonly ScheduleSummary[]> {
  const found: ScheduleSummary[] = [];
  let next: string | null = null;
  do {
    const cursor: string = next === null ? '' : `&cursor=${next}`;
    const page: SchedulePage = await callGateway({ path: `${PATH}?limit=${LIMITS.pageSessions}${cursor}` });
    found.push(...page.data);
    next = page.next;
  } while (next !== null);
  return found;
}

/** The gateway checks what cron and zone are. */
async function createOne(id: string, options: SchedulesOptions): Promise<void> {
  const { cron, zone, session, agents, text, policy } = options;
  const oneTarget = (session === undefined) !== (agents === undefined);
  if (cron === undefined || text === undefined || !oneTarget)
    throw new CliError('invalid_request', 'Give --cron, --text, and one of --session and --agents.');
  const body = {
    ...{ id, cron, zone, session },
    ...(agents === undefined ? {} : { open: { agents } }),
    message: { text, policy },
  };
  const created = await callGateway<ScheduleSummary>({ method: 'POST', path: PATH, body });
  const [first] = created.next;
  const when = first === undefined ? 'It never fires.' : `It fires next at ${new Date(first).toISOString()}.`;
  process.stdout.write(options.json ? `${JSON.stringify(created, null, 2)}\n` : `${when}\n`);
}
