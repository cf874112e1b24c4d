/** The schedules of a tenant: messages that are sent again and again. */
import type {
  ScheduleAct,
  SchedulePage,
  ScheduleRequest,
  SchedulesRequest,
  ScheduleSummary,
} from '../contracts/public.ts';
import { call } from './calls.ts';
import type { Connection } from './connection.ts';
import { clock } from './timing.ts';

/** Every method waits for the connection, and throws `offline` and the server's problems. */
export class Schedules {
  readonly #connection: Connection;
  readonly #timeoutMs: number;

  constructor(connection: Connection, timeoutMs: number) {
    this.#connection = connection;
    this.#timeoutMs = timeoutMs;
  }

  /** The schedule, and when it fires next. An equal repeat gets the same answer; throws `schedule_exists` for another request under its id. */
  create(request: ScheduleRequest): Promise<ScheduleSummary> {
    return call(this.#connection, 'createSchedule', request, this.#timeoutMs);
  }

  /** One page; pass its `next` as `cursor`. Changes show up with a short delay. */
  list(request: SchedulesRequest = {}): Promise<SchedulePage> {
    return call(this.#connection, 'schedules', request, this.#timeoutMs);
  }

  async pause(id: string): Promise<void> {
    await this.#change(id, 'pause');
  }

  async resume(id: string): Promise<void> {
    await this.#change(id, 'resume');
  }

  async remove(id: string): Promise<void> {
    await this.#change(id, 'remove');
  }

  /** It fires now, also if it is paused. Each call fires once more, so this one is not repeated: if the answer is lost, it may have fired. */
  async trigger(id: string): Promise<void> {
    const deadline = clock() + this.#timeoutMs;
    await this.#connection.whenOnline(this.#timeoutMs);
    const request = { id, act: 'trigger' } as const;
    await this.#connection.request('changeSchedule', request, Math.max(deadline - clock(), 1));
  }

  #change(id: string, act: ScheduleAct): Promise<Record<string, never>> {
    return call(this.#connection, 'changeSchedule', { id, act }, this.#timeoutMs);
  }
}
