/** Schedules: what callers may ask of them. */
import { agentOf, ConvokeError, disclosedOpening, teamOf } from '../contracts/index.ts';
import type { SchedulePage, ScheduleRequest, ScheduleSummary, SessionRef } from '../contracts/index.ts';
import type { ScheduleCalls, StoredSchedule } from '../temporal/index.ts';
import { allow } from '../tenants/index.ts';
import type { Principal } from '../tenants/index.ts';
import { asSubject } from './acting.ts';
import type { IntakeConfig } from './intake.ts';
import { Known, type CatalogsOf } from './known.ts';
import { scheduleChangeSchema, scheduleSchema, schedulesQuerySchema } from './schemas/index.ts';
import { validate } from './validate.ts';

/** Every method throws only `ConvokeError`; schedules of another tenant are not found. */
export interface Schedules {
  /**
   * An equal repeat gets the same answer. Throws `schedule_exists`, `session_not_found` for a session that was erased, and what opening the session
   * would throw.
   */
  create(principal: Principal, body: unknown): Promise<ScheduleSummary>;
  /** Throws `invalid_cursor`. */
  list(principal: Principal, query: unknown): Promise<SchedulePage>;
  /** `{ id, act }`. All but `trigger` may be repeated. Throws `schedule_not_found`. */
  change(principal: Principal, request: unknown): Promise<void>;
}

/** Absent: see `OpenDeps` and `IntakeConfig`. */
type SchedulesDeps = Pick<IntakeConfig, 'takeOperation' | 'isErasing' | 'isErased'>;

export function createSchedules(
  calls: ScheduleCalls,
  catalogs: CatalogsOf,
  deps: SchedulesDeps = {},
): Schedules {
  const known = new Known(catalogs);
  return {
    async create(principal, body) {
      allow(principal, 'operate');
      const given = validate<ScheduleRequest>(scheduleSchema, body);
      allow(principal, 'send');
      const request = { ...given, message: { ...given.message, ...asSubject(principal) } };
      await deps.takeOperation?.(principal);
      const { open, session } = request;
      // Found out now, not by each firing.
      if (open) await known.require({ team: teamOf(open.team), agents: open.agents?.map(agentOf) ?? [] });
      if (session !== undefined) await refuseErased(deps, { tenant: principal.tenant, session });
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
      await deps.takeOperation?.(principal);
      await calls[act](principal.tenant, id);
    },
  };
}

/** As a message to it is refused. A session that does not exist yet may be opened before the schedule fires. Throws `session_not_found`. */
async function refuseErased({ isErasing, isErased }: SchedulesDeps, ref: SessionRef): Promise<void> {
  if (isErasing?.(ref) || (await isErased?.(ref)))
    throw new ConvokeError('session_not_found', 'The session was erased: name another one, or `open` some.');
}

function disclosed({ open, ...rest }: StoredSchedule): ScheduleSummary {
  return { ...rest, ...(open ? { open: disclosedOpening(open) } : {}) };
}
