/** Schedules of a tenant, kept by Temporal. Every method throws only `ConvokeError`. */
import {
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type Client,
  type ScheduleDescription,
} from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { ConvokeError, isId, LIMITS, SEARCH_ATTRIBUTES, SESSION } from '../contracts/index.ts';
import type { ScheduleRequest, ScheduleSummary } from '../contracts/index.ts';
import { fromTemporal, ingressDeadline, isArgumentRefused } from './errors.ts';
import { decodedMemo } from './memo.ts';
import { nextCursor, pageToken, refusedPage, type PageQuery } from './pages.ts';

/** A schedule with all that it was created with. */
export type StoredSchedule = ScheduleRequest & Pick<ScheduleSummary, 'paused' | 'next'>;

interface StoredPage {
  readonly data: readonly StoredSchedule[];
  readonly next: string | null;
}

export interface ScheduleCalls {
  /** An equal repeat changes nothing. Throws `schedule_exists`, and `invalid_request` for a cron expression or zone that the server refuses. */
  create(tenant: string, request: ScheduleRequest): Promise<StoredSchedule>;
  /** Eventually consistent. Throws `invalid_cursor`. */
  list(tenant: string, query: PageQuery): Promise<StoredPage>;
  /** Doing it again changes nothing. Throws `schedule_not_found`. */
  pause(tenant: string, id: string): Promise<void>;
  resume(tenant: string, id: string): Promise<void>;
  remove(tenant: string, id: string): Promise<void>;
  /** Fires now, also if it is paused; each call fires once more. Throws `schedule_not_found`. */
  trigger(tenant: string, id: string): Promise<void>;
}

interface Memo {
  readonly request: ScheduleRequest;
}

export function createScheduleCalls({
  client,
  taskQueue = SESSION.taskQueue,
}: {
  readonly client: Client;
  readonly taskQueue?: string;
}): ScheduleCalls {
  const call = async <T>(ask: () => Promise<T>): Promise<T> => {
    try {
      return await client.withDeadline(ingressDeadline('server'), ask);
    } catch (error) {
      if (error instanceof ScheduleNotFoundError) throw notFound(error);
      throw fromTemporal(error, 'server');
    }
  };
  const handle = (tenant: string, id: string) => client.schedule.getHandle(scheduleId(tenant, id));
  return {
    create: (tenant, request) =>
      call(async () => {
        try {
          await client.schedule.create(optionsOf(tenant, request, taskQueue));
        } catch (error) {
          if (!(error instanceof ScheduleAlreadyRunning)) throw refusedTime(error);
        }
        const found = await handle(tenant, request.id).describe();
        const memo: Partial<Memo> | undefined = found.memo;
        if (same(memo?.request, request)) return described(request, found);
        throw new ConvokeError('schedule_exists', 'Choose another id, or delete the schedule first.');
      }),
    list: (tenant, query) => call(() => listSchedules(client, tenant, query)),
    pause: (tenant, id) => call(() => handle(tenant, id).pause()),
    resume: (tenant, id) => call(() => handle(tenant, id).unpause()),
    remove: (tenant, id) => call(() => handle(tenant, id).delete()),
    trigger: (tenant, id) => call(() => handle(tenant, id).trigger()),
  };
}

function scheduleId(tenant: string, id: string): string {
  return `schedule:${tenant}:${id}`;
}

function optionsOf(
  tenant: string,
  request: ScheduleRequest,
  taskQueue: string,
): Parameters<Client['schedule']['create']>[0] {
  const { id, cron, zone = 'UTC', session, open, message } = request;
  const target = session === undefined ? { open: open ?? {} } : { session };
  const key = defineSearchAttributeKey(SEARCH_ATTRIBUTES.tenant, SearchAttributeType.KEYWORD);
  const memo: Memo = { request };
  return {
    scheduleId: scheduleId(tenant, id),
    spec: { cronExpressions: [cron], timezone: zone },
    action: {
      ...{ type: 'startWorkflow', workflowType: 'fire', taskQueue },
      workflowId: `fire:${tenant}:${id}`,
      args: [{ tenant, message, ...target }],
    },
    // What happens if a turn still runs is for the message's policy to say.
    policies: { overlap: ScheduleOverlapPolicy.ALLOW_ALL, catchupWindow: LIMITS.scheduleCatchUpMs },
    memo: { ...memo },
    typedSearchAttributes: [{ key, value: tenant }],
  };
}

function described(request: ScheduleRequest, { state, info }: ScheduleDescription): StoredSchedule {
  return { ...request, paused: state.paused, next: info.nextActionTimes.map((at) => at.getTime()) };
}

async function listSchedules(
  client: Client,
  tenant: string,
  { cursor, limit }: PageQuery,
): Promise<StoredPage> {
  if (!isId(tenant)) throw new ConvokeError('internal');
  const { namespace } = client.options;
  const query = `${SEARCH_ATTRIBUTES.tenant} = '${tenant}'`;
  const page = await client.workflowService
    .listSchedules({ namespace, query, maximumPageSize: limit, nextPageToken: pageToken(cursor) })
    .catch((error: unknown) => refusedPage(error, cursor));
  const rows = await Promise.all(
    page.schedules.map(async ({ scheduleId: id, memo, info }) => {
      const { request } = (await decodedMemo(client, memo?.fields)) as Partial<Memo>;
      // Somebody else's may have the tenant's attribute.
      if (!request || id !== scheduleId(tenant, request.id)) return [];
      const next = (info?.futureActionTimes ?? []).map(({ seconds }) => Number(seconds ?? 0) * 1_000);
      return [{ ...request, paused: info?.paused ?? false, next }];
    }),
  );
  return { data: rows.flat(), next: nextCursor(page.nextPageToken) };
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** That there are five fields has been checked before. */
const CRON_REFUSED =
  'one of its fields is out of range: minute (0-59), hour (0-23), day of the month (1-31), month (1-12), day of the week (0-6, 0 is Sunday)';

/** What server or client (with a TypeError) refuse: the cron expression, or a zone by a name that this process alone knows, like utc. */
function refusedTime(error: unknown): unknown {
  if (!(error instanceof TypeError) && !isArgumentRefused(error)) return error;
  const [pointer, message] = String(error).includes('unknown time zone')
    ? ['/zone', 'it must be the exact name of a time zone, like Europe/Berlin']
    : ['/cron', CRON_REFUSED];
  return new ConvokeError('invalid_request', `Correct ${pointer}: ${message}.`, {
    cause: error,
    errors: [{ pointer, message }],
  });
}

function notFound(cause: unknown): ConvokeError {
  return new ConvokeError('schedule_not_found', 'Check the id: npx convoke schedules', { cause });
}
