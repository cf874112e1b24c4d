/** Schedules: what callers may ask of them. */
import { agentOf, disclosedOpening, teamOf } from '../contracts/index.ts';
import type { SchedulePage, ScheduleRequest, ScheduleSummary } from '../contracts/index.ts';
import type { ScheduleCalls, StoredSchedule } from '../temporal/index.ts';
import { allow } from '../tenants/index.ts';
import type { Principal } from '../tenants/index.ts';
import { asSubject } from './acting.ts';
import { Known, type CatalogsOf } from './known.ts';
import type { OpenDeps } from './open-session.ts';
import { scheduleChangeSchema, scheduleSchema, schedulesQuerySchema } from './schemas/index.ts';
import { validate } from './validate.ts';

/** Every method throws only `ConvokeError`; schedules of another tenant are not found. */
export interface Schedules {
  /** An equal repeat gets the same answer. Throws `schedule_exists`, and what opening the session would throw. */
  create(principal: Principal, body: unknown): Promise<ScheduleSummary>;
  /** Throws `invalid_cursor`. */
  list(principal: Principal, query: unknown): Promise<SchedulePage>;
  /** `{ id, act }`. All but `trigger` may be repeated. Throws `schedule_not_found`. */
  change(principal: Principal, request: unknown): Promise<void>;
}

/** `takeOperation`: see `OpenDeps`. */
export function createSchedules(
  calls: ScheduleCalls,
  catalogs: CatalogsOf,
  takeOperation: OpenDeps['takeOperation'] = async () => undefined,
): Schedules {
  const known = new Known(catalogs);
  return {
    async create(principal, body) {
      allow(principal, 'operate');
      const given = validate<ScheduleRequest>(scheduleSchema, body);
      allow(principal, 'send');
      const request = { ...given, message: { ...given.message, ...asSubject(principal) } };
      await takeOperation(principal.tenant);
      const { open } = request;
      // Found out now, not by each firing.
      if (open) await known.require({ team: teamOf(open.team), agents: open.agents?.map(agentOf) ?? [] });
      return disclosed(await calls.create(principal.tenant, request));
    },
    async list(principal, query) {
      allow(principal, 'operate');
      const { data, next } = await calls.list(principal.tenant, validate(schedulesQuerySchema, query));
      return { data: data.map(disclosed), next };
    },
    async change(principal, request) {
      allow(principal, 'operate');
      const { id, act } = validate(scheduleChangeSchema, request);
      await takeOperation(principal.tenant);
      await calls[act](principal.tenant, id);
    },
  };
}

function disclosed({ open, ...rest }: StoredSchedule): ScheduleSummary {
  return { ...rest, ...(open ? { open: disclosedOpening(open) } : {}) };
}
