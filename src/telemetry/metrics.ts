/**
 * The metrics of gateways and workers: one table of what there is, and the port by which parts report. Dashboards, alert rules and
 * docs/metrics.md are checked against the table.
 *
 * No label has a value that clients choose, but for `tenant`, which is bounded (`TenantNames`). No label names a session.
 */

/** Upper bounds of buckets, seconds. */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120] as const;
const TOKENS_PER_SECOND = [1, 5, 10, 20, 40, 80, 160, 320, 640] as const;

type Role = 'gateway' | 'worker';

interface Entry {
  /** `counter`: only grows. `gauge`: read when it is asked for. `histogram`: counts values by size. */
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly unit: string;
  readonly labels: readonly string[];
  readonly help: string;
  /** Which processes have it. */
  readonly roles: readonly Role[];
  /** Of a histogram: upper bounds, ascending. */
  readonly buckets?: readonly number[];
  /**
   * Of a counter: labels of series that are 0 before anything is counted. Prometheus takes a series that begins at 3 for one that has not grown,
   * so whoever asks by how much would miss what is rare. Those of a tenant begin together with what else is counted of it at this stage.
   */
  readonly zeros?: readonly Readonly<Record<string, string>>[];
}

const GATEWAY: readonly Role[] = ['gateway'];
const WORKER: readonly Role[] = ['worker'];
const BOTH: readonly Role[] = ['gateway', 'worker'];

/** `zeros`: without the label `tenant`. */
const counter = <const L extends readonly string[]>(
  [roles, unit]: readonly [readonly Role[], string],
  labels: L,
  help: string,
  zeros: readonly Readonly<Record<Exclude<L[number], 'tenant'>, string>>[] = [],
): Entry & { readonly kind: 'counter'; readonly labels: L } => ({
  ...{ kind: 'counter', unit, labels, help, roles, zeros },
});

const gauge = <const L extends readonly string[]>(
  roles: readonly Role[],
  unit: string,
  labels: L,
  help: string,
): Entry & { readonly kind: 'gauge'; readonly labels: L } => ({ kind: 'gauge', unit, labels, help, roles });

const seconds = <const L extends readonly string[]>(
  roles: readonly Role[],
  labels: L,
  help: string,
): Entry & { readonly kind: 'histogram'; readonly labels: L; readonly buckets: readonly number[] } => ({
  ...{ kind: 'histogram', unit: 's', labels, help, roles, buckets: SECONDS },
});

export const METRICS = {
  // Each stage: rate and errors, duration
  convoke_stage_total: counter(
    [BOTH, '1'],
    ['stage', 'tenant', 'outcome'],
    'What has passed a stage. `ingest`: messages; `ok`, `refused` (the sender can mend it) or `failed`. `orchestrate`: turns that have reached a worker; `ok`. `execute`: runs of turns; `ok`, `failed` (the turn did), `cancelled`, `suspended` (it waits, for people or for time), `yielded` (it goes on at another worker), `superseded` (another worker has it), `fault` (of the engine; it is tried again). `deliver`: events handed to whoever follows; `ok`.',
    [
      { stage: 'ingest', outcome: 'failed' },
      { stage: 'execute', outcome: 'fault' },
    ],
  ),
  convoke_stage_seconds: seconds(
    BOTH,
    ['stage', 'tenant'],
    'How long a stage took. `ingest`: from the arrival of a message to its receipt. `orchestrate`: from then on, or from the end of its waiting behind other turns, to its turn at a worker. `execute`: one run of a turn. `deliver`: from the moment an event was decided to the moment it was handed to whoever follows. `orchestrate` and `deliver` compare the clocks of two machines.',
  ),

  // Ingest
  convoke_intake_total: counter(
    [GATEWAY, '1'],
    ['operation', 'outcome'],
    'Calls of any protocol, by what they ask for: `send`, `open`, `fork`, the name of a control (`cancel`, `close`, …), or a question.',
  ),
  convoke_intake_seconds: seconds(GATEWAY, ['operation'], 'How long such calls took.'),
  convoke_errors_total: counter(
    [GATEWAY, '1'],
    ['operation', 'code'],
    'Such calls that were not answered as asked, by the code of the error; `authenticate`: keys and tokens that were refused.',
  ),
  convoke_limit_decisions_total: counter(
    [BOTH, '1'],
    ['limit', 'decision', 'tenant'],
    'Decisions about limits of tenants. `limit`: `messages` and their bytes a minute, `operations` a minute, `inbox` (messages that wait), `sessions`, `connections`, `usage` (tokens and cost of a day), `turns` that run. `decision`: `allowed`, `refused`, `waits` (a turn, for its place), or `unknown`: it could not be decided.',
  ),
  convoke_http_seconds: seconds(
    GATEWAY,
    ['method', 'route', 'status'],
    'REST requests without event streams: the route as OpenAPI writes it, the class of the status (`2xx`).',
  ),
  convoke_socket_requests_total: counter([GATEWAY, '1'], ['request', 'outcome'], 'Requests over Socket.IO.'),

  // Deliver
  convoke_connections: gauge(
    GATEWAY,
    '{connection}',
    ['kind'],
    'Open connections: `socket` (Socket.IO) or `stream` (server-sent events).',
  ),
  convoke_waiting_bytes: gauge(
    GATEWAY,
    'By',
    [],
    'Bytes that wait to be sent on all connections, without snapshots.',
  ),
  convoke_followed_sessions: gauge(
    GATEWAY,
    '{session}',
    [],
    'Sessions that this gateway follows in the log.',
  ),
  convoke_watchers: gauge(GATEWAY, '{subscription}', [], 'Subscriptions of connections to these sessions.'),
  convoke_sent_total: counter(
    [GATEWAY, '1'],
    ['kind'],
    'What was handed to subscriptions, each counted: `event`, `delta` (a piece of a running text), `snapshot`.',
  ),
  convoke_resumes_total: counter(
    [GATEWAY, '1'],
    ['kind'],
    'Subscriptions by how they began: `new` (no cursor), `resumed` (from the cursor), `snapshot` (the cursor was too old).',
  ),
  convoke_gaps_total: counter(
    [GATEWAY, '1'],
    ['filled'],
    'Times that a followed session was behind its log, by what filled the gap: `log`, `snapshot`, or `rebuilt` (the log was lost).',
    [{ filled: 'rebuilt' }],
  ),
  convoke_slow_consumers_total: counter(
    [GATEWAY, '1'],
    [],
    'Subscriptions that were ended because their client did not read.',
    [{}],
  ),

  // Execute
  convoke_turns_running: gauge(WORKER, '{turn}', [], 'Turns that run at this moment.'),
  convoke_steps_total: counter(
    [WORKER, '1'],
    ['kind', 'outcome'],
    'Steps that have ended. `kind`: `agent`, `tool`, `summary`, `say`, `scorer` (each of its attempts). `outcome`: `completed`, or the code of the failure.',
  ),
  convoke_step_seconds: seconds(
    WORKER,
    ['kind'],
    'How long such steps took, with all of their attempts and pauses in this worker.',
  ),
  convoke_attempts_total: counter(
    [WORKER, '1'],
    ['kind', 'cause'],
    'Attempts of steps by why they were made: `first`, `handed_over` (a worker was stopped), `worker_lost`, or the code of the failure before.',
    [
      { kind: 'agent', cause: 'worker_lost' },
      { kind: 'tool', cause: 'worker_lost' },
    ],
  ),
  convoke_first_token_seconds: seconds(
    WORKER,
    [],
    'From the call of an agent to its first token, with the wait for a free slot of its model endpoint.',
  ),
  convoke_tokens_total: counter(
    [WORKER, '1'],
    ['tenant', 'direction'],
    'Tokens that providers have counted: `input`, `output`.',
  ),
  convoke_tokens_per_second: {
    ...{ kind: 'histogram', unit: '1', labels: [], roles: WORKER, buckets: TOKENS_PER_SECOND },
    help: 'Output tokens of one call a second, from its first token to its end.',
  },

  // What waits
  convoke_queue_waiting: gauge(
    GATEWAY,
    '{call}',
    ['queue'],
    'Calls that wait in a fair queue of this gateway.',
  ),
  convoke_task_queue_backlog: gauge(
    WORKER,
    '{task}',
    ['kind'],
    'Tasks that wait in the task queue of Temporal for a worker: `workflow`, `activity`. Each worker tells the same.',
  ),

  // What they stand on
  convoke_up: gauge(
    BOTH,
    '{dependency}',
    ['dependency'],
    'Whether `redis` and, for gateways, `temporal` can be used: 1 or 0.',
  ),
  convoke_log_seconds: seconds(
    BOTH,
    ['call'],
    'Calls of the session log, each one round trip to Redis or a few.',
  ),
  convoke_log_errors_total: counter([BOTH, '1'], ['call'], 'Such calls that have failed.'),

  convoke_spans_dropped_total: counter(
    [BOTH, '1'],
    ['reason'],
    'Spans that were not sent. `full`: too many waited already, because the collector is slow or away. `failed`: it did not take them in time, or refused them.',
    [{ reason: 'full' }, { reason: 'failed' }],
  ),

  // The process
  convoke_build_info: gauge(BOTH, '{process}', ['version', 'role'], 'Always 1.'),
  convoke_event_loop_delay_seconds: gauge(
    BOTH,
    's',
    ['percentile'],
    'How late the event loop was since the last scrape.',
  ),
  convoke_event_loop_utilization: gauge(
    BOTH,
    '{ratio}',
    [],
    'The share of the time since the last scrape in which it was busy: 0 to 1.',
  ),
  convoke_heap_bytes: gauge(BOTH, 'By', ['kind'], "Node's heap: `used` and its `limit`."),
  process_resident_memory_bytes: gauge(BOTH, 'By', [], 'Memory of the process.'),
  process_cpu_seconds_total: counter([BOTH, 's'], [], 'CPU time of the process.'),
  process_start_time_seconds: gauge(BOTH, 's', [], 'When the process started, seconds since the Unix epoch.'),
} as const satisfies Readonly<Record<string, Entry>>;

export type MetricName = keyof typeof METRICS;
type Of<K extends Entry['kind']> = {
  [N in MetricName]: (typeof METRICS)[N]['kind'] extends K ? N : never;
}[MetricName];
export type CounterName = Of<'counter'>;
export type HistogramName = Of<'histogram'>;
export type GaugeName = Of<'gauge'>;
/** A value for each label of a metric. */
export type LabelsOf<N extends MetricName> = Readonly<Record<(typeof METRICS)[N]['labels'][number], string>>;
/** Labels and a value of each series of a gauge. */
export type Readings<N extends MetricName> = readonly (readonly [LabelsOf<N>, number])[];

/** What is counted whoever asks; nothing of it throws. */
export interface Metrics {
  /** `by`: 0 or more. */
  add<N extends CounterName>(name: N, labels: LabelsOf<N>, by?: number): void;
  /** `value` in the unit of the table. */
  observe<N extends HistogramName>(name: N, labels: LabelsOf<N>, value: number): void;
  /** Has it read at each scrape; series with the same labels add up. A counter that something else keeps is read, too. */
  read<N extends GaugeName | CounterName>(name: N, read: () => Readings<N> | Promise<Readings<N>>): void;
}

/** Nobody asks. */
export const NO_METRICS: Metrics = {
  add: () => undefined,
  observe: () => undefined,
  read: () => undefined,
};

/** Seconds since a moment of `performance.now()`. */
export function secondsSince(began: number): number {
  return (performance.now() - began) / 1000;
}
