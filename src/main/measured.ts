/** Puts measures in front of ports: what is behind them knows nothing of that. */
import { ERRORS, isConvokeError } from '../contracts/index.ts';
import type { Intake } from '../ingest/index.ts';
import type { SessionLog } from '../log/index.ts';
import type { RunningTurns } from '../quota/index.ts';
import { NO_METRICS, secondsSince, type Metrics } from '../telemetry/index.ts';

/** What a call has come to, and how long it took, seconds. */
type Told = (seconds: number, error: unknown) => void;

/** No error. */
const NONE = Symbol('none');

async function told<T>(call: () => Promise<T>, tell: Told): Promise<T> {
  const began = performance.now();
  try {
    const value = await call();
    tell(secondsSince(began), NONE);
    return value;
  } catch (error) {
    tell(secondsSince(began), error);
    throw error;
  }
}

type Method = (...given: never[]) => Promise<unknown>;

/** A port of which these methods are told about. `of` makes, of a call's name and arguments, what hears of its end. */
function heard<T extends object>(
  port: T,
  names: readonly (keyof T & string)[],
  of: (name: string, given: readonly unknown[]) => Told,
): T {
  const methods = Object.fromEntries(
    names.map((name) => {
      const method = port[name] as Method; // safety: ports have asynchronous methods
      const call = (...given: never[]): Promise<unknown> =>
        told(() => method.apply(port, given), of(name, given));
      return [name, call];
    }),
  );
  return new Proxy(port, {
    get(target, name) {
      if (typeof name === 'string' && Object.hasOwn(methods, name)) return methods[name];
      const found: unknown = target[name as keyof T]; // safety: what is not there is undefined
      return typeof found === 'function' ? (found.bind(target) as unknown) : found;
    },
  });
}

/** `refused`: whoever asked can mend it. */
function outcomeOf(error: unknown): 'ok' | 'refused' | 'failed' {
  if (error === NONE) return 'ok';
  return isConvokeError(error) && ERRORS[error.code].status < 500 ? 'refused' : 'failed';
}

function codeOf(error: unknown): string {
  return isConvokeError(error) ? error.code : 'internal';
}

const ASKED = [
  'open',
  'send',
  'feedback',
  'fork',
  'control',
  'approvals',
  'state',
  'scheduled',
  'list',
] as const;

/** The stage `ingest`, whatever the protocol. */
export function measuredIntake(intake: Intake, metrics: Metrics): Intake {
  if (metrics === NO_METRICS) return intake;
  return heard(intake, ASKED, (name, given) => (seconds, error) => {
    // safety: each of these methods gets the principal first, and `control` its name third
    const [principal, , control] = given as [{ readonly tenant: string }, unknown, string];
    const operation = name === 'control' ? control : name;
    const outcome = outcomeOf(error);
    if (outcome !== 'ok') metrics.add('convoke_errors_total', { operation, code: codeOf(error) });
    metrics.add('convoke_intake_total', { operation, outcome });
    metrics.observe('convoke_intake_seconds', { operation }, seconds);
    if (name !== 'send') return;
    const stage = { stage: 'ingest', tenant: principal.tenant };
    metrics.add('convoke_stage_total', { ...stage, outcome });
    metrics.observe('convoke_stage_seconds', stage, seconds);
  });
}

const CALLS = [
  ...(['admit', 'release', 'begin', 'delta', 'commit', 'append'] as const),
  ...(['read', 'rebuild', 'heads', 'tell'] as const),
];

/** What the session log takes. */
export function measuredLog(log: SessionLog, metrics: Metrics): SessionLog {
  if (metrics === NO_METRICS) return log;
  return heard(log, CALLS, (call) => (seconds, error) => {
    metrics.observe('convoke_log_seconds', { call }, seconds);
    if (error !== NONE) metrics.add('convoke_log_errors_total', { call });
  });
}

type Limit = 'messages' | 'operations' | 'inbox' | 'sessions' | 'connections' | 'usage';

const REFUSALS: ReadonlySet<string> = new Set(['inbox_full', 'overloaded', 'rate_limited', 'quota_exceeded']);

/** Decides about a limit of a tenant; a refusal has one of these codes. */
export async function decided<T>(
  metrics: Metrics,
  { limit, tenant }: { readonly limit: Limit; readonly tenant: string },
  decide: () => Promise<T>,
  refused: (tenant: string) => void = () => undefined,
): Promise<T> {
  const tell = (decision: string, of: Limit = limit): void =>
    metrics.add('convoke_limit_decisions_total', { limit: of, decision, tenant });
  try {
    const value = await decide();
    tell('allowed');
    return value;
  } catch (error) {
    const code = codeOf(error);
    if (REFUSALS.has(code)) refused(tenant);
    if (code === 'inbox_full') tell('refused', 'inbox');
    else tell(code === 'rate_limited' || code === 'quota_exceeded' ? 'refused' : 'unknown');
    throw error;
  }
}

export type Places = Pick<RunningTurns, 'enter' | 'leave' | 'forget'>;

/** Places of running turns: each turn is told once as allowed, and once as one that waits if it has to. */
export function measuredPlaces(places: Places, metrics: Metrics): Places {
  return {
    async enter(turn, since) {
      const entered = await places.enter(turn, since);
      const { tenant } = turn;
      if (entered.status === 'entered')
        metrics.add('convoke_limit_decisions_total', { limit: 'turns', decision: 'allowed', tenant });
      else if (since === undefined)
        metrics.add('convoke_limit_decisions_total', { limit: 'turns', decision: 'waits', tenant });
      return entered;
    },
    leave: (turn, goesOn) => places.leave(turn, goesOn),
    forget: (turn) => places.forget(turn),
  };
}
