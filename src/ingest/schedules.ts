/** Schedules: what callers may ask of them. */
import { agentOf, teamOf, type SchedulePage, type ScheduleRequest } from '../contracts/index.ts';
import type { ScheduleCalls } from '../temporal/index.ts';
import type { Principal } from './authenticate.ts';
import { invalidAt } from './json-guard.ts';
import { Known, type CatalogsOf } from './known.ts';
import { idSchema, scheduleSchema } from './schemas/index.ts';
import { validate } from './validate.ts';

export type ScheduleChange = 'pause' | 'resume' | 'remove' | 'trigger';

/** Every method throws only `ConvokeError`; schedules of another tenant are not found. */
export interface Schedules {
  /** An equal repeat gets the same answer. Throws `schedule_exists`, and what opening the session would throw. */
  create(principal: Principal, body: unknown): Promise<ScheduleRequest>;
  list(principal: Principal): Promise<SchedulePage>;
  /** All but `trigger` may be repeated. Throws `schedule_not_found`. */
  change(principal: Principal, id: unknown, what: ScheduleChange): Promise<void>;
}

export function createSchedules(calls: ScheduleCalls, catalogs: CatalogsOf): Schedules {
  const known = new Known(catalogs);
  return {
    async create({ tenant }, body) {
      const request = validate<ScheduleRequest>(scheduleSchema, body);
      const { open } = request;
      // Found out now, not by each firing.
      if (open) await known.require({ team: teamOf(open.team), agents: open.agents?.map(agentOf) ?? [] });
      await calls.create(tenant, request);
      return request;
    },
    list: async ({ tenant }) => ({ data: await calls.list(tenant) }),
    async change({ tenant }, id, what) {
      const parsed = idSchema.safeParse(id);
      if (!parsed.success) throw invalidAt(['id'], 'an id is 1 to 64 characters of A-Z a-z 0-9 _ -.');
      await calls[what](tenant, parsed.data);
    },
  };
}
