/**
 * What the history of a workflow tells: of one that has ended without closing its session, what it has left behind; of one that runs, what it
 * knows. Needs the server, and no worker.
 */
import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow/index.js';
import {
  closeReason,
  isMessage,
  isRosterChange,
  RunRecord,
  SESSION,
  workflowId,
} from '../contracts/index.ts';
import type {
  CarriedState,
  EndedRun,
  EventDraft,
  InterruptionReason,
  Report,
  SessionInput,
  SessionRef,
  TurnProgress,
} from '../contracts/index.ts';
import { runningFacts } from './running-facts.ts';

type Description = Pick<
  WorkflowExecutionDescription,
  'status' | 'runId' | 'closeTime' | 'historyLength' | 'raw'
>;
type Page = Awaited<ReturnType<Client['workflowService']['getWorkflowExecutionHistory']>>;
type HistoryEvent = NonNullable<NonNullable<Page['history']>['events']>[number];
type Payloads = Parameters<typeof decodeArrayFromPayloads>[1];

const REASONS: Readonly<Record<string, InterruptionReason>> = {
  TERMINATED: 'terminated',
  FAILED: 'failed',
  TIMED_OUT: 'timed out',
  CANCELLED: 'cancelled',
};

/** How a workflow has ended, if it did so without closing its session. */
export function interruptionOf({ status }: Pick<Description, 'status'>): InterruptionReason | undefined {
  return REASONS[status.name];
}

/**
 * What the described run has left behind; null if it runs, or has closed its session. The server bounds a history (50 MiB); of its messages only
 * as many are kept as may wait. Throws what Temporal's client throws.
 */
export async function endedRun(
  client: Client,
  ref: SessionRef,
  description: Description,
): Promise<EndedRun | null> {
  const reason = interruptionOf(description);
  if (!reason) return null;
  const { runId: run, closeTime, historyLength: historyEvents } = description;
  const running = await runningFacts(client, description);
  const record = await recordOf(client, ref, run);
  return record?.ended({ run, reason, at: closeTime?.getTime() ?? 0, historyEvents, running }) ?? null;
}

/** What the history of a run tells so far. Throws what Temporal's client throws. */
export async function recordOf(client: Client, ref: SessionRef, run: string): Promise<RunRecord | undefined> {
  const reader = new HistoryReader(client);
  let nextPageToken: Uint8Array | null | undefined;
  do {
    const page: Page = await client.workflowService.getWorkflowExecutionHistory({
      namespace: client.options.namespace,
      execution: { workflowId: workflowId(ref), runId: run },
      ...(nextPageToken ? { nextPageToken } : {}),
    });
    for (const event of page.history?.events ?? []) await reader.take(event);
    ({ nextPageToken } = page);
  } while (nextPageToken.length > 0);
  return reader.record;
}

/** Decodes what a record wants to know. Every version of this product is understood whose activities say so in the same fields. */
class HistoryReader {
  readonly #client: Client;
  record: RunRecord | undefined;

  constructor(client: Client) {
    this.#client = client;
  }

  async take(event: HistoryEvent): Promise<void> {
    const started = event.workflowExecutionStartedEventAttributes;
    // safety: only this product starts workflows of this type
    if (started) this.record = new RunRecord((await this.#first(started.input?.payloads)) as SessionInput);
    const { record } = this;
    if (!record) return;
    const signal = event.workflowExecutionSignaledEventAttributes;
    if (signal?.signalName === SESSION.signals.message) {
      const message = await this.#first(signal.input?.payloads);
      if (isMessage(message)) record.message(message);
    }
    const update = event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest?.input;
    if (update?.name === SESSION.updates.close)
      record.close(closeReason(await this.#first(update.args?.payloads)));
    if (update?.name === SESSION.updates.members) {
      const change = await this.#first(update.args?.payloads);
      if (isRosterChange(change)) record.members(change, timeOf(event));
    }
    if (update?.name === SESSION.updates.unschedule)
      record.unschedule(String(await this.#first(update.args?.payloads)), timeOf(event));
    await this.#activity(record, event);
  }

  async #activity(record: RunRecord, event: HistoryEvent): Promise<void> {
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (scheduled) record.drafts(draftsOf(await this.#first(scheduled.input?.payloads)));
    const timeout = event.activityTaskTimedOutEventAttributes?.failure?.timeoutFailureInfo;
    const progress = timeout && (await this.#first(timeout.lastHeartbeatDetails?.payloads));
    if (progress) record.drafts((progress as Partial<TurnProgress>).facts ?? []); // safety: only `runTurn` beats with details
    const completed = event.activityTaskCompletedEventAttributes?.result?.payloads;
    const local = event.markerRecordedEventAttributes?.details?.['result']?.payloads;
    const result = await this.#first(completed ?? local);
    if (!isObject(result)) return;
    const at = timeOf(event);
    if (isObject(result['carried'])) this.#made(result['carried'] as unknown as CarriedState); // safety: what `fork` gives
    const report = isObject(result['report']) ? result['report'] : result;
    if (isReport(report)) record.report(report, at);
    record.drafts(listOf(result['unplaced']));
    if (typeof result['archivedTo'] === 'number') record.archived(result['archivedTo']);
  }

  /** The run has made its fork; what came before that waited. */
  #made(carried: CarriedState): void {
    this.record = this.record?.made(carried);
  }

  async #first(payloads: Payloads): Promise<unknown> {
    const [value] = await decodeArrayFromPayloads(this.#client.options.loadedDataConverter, payloads);
    return value;
  }
}

/** ms since the Unix epoch. */
function timeOf({ eventTime }: HistoryEvent): number {
  return Number(eventTime?.seconds ?? 0) * 1_000;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isReport(value: unknown): value is Report {
  return isObject(value) && Array.isArray(value['placed']) && Array.isArray(value['events']);
}

// safety: what the activities of this product take and give
const listOf = (value: unknown): readonly EventDraft[] =>
  Array.isArray(value) ? (value as EventDraft[]) : [];

function draftsOf(input: unknown): readonly EventDraft[] {
  if (!isObject(input)) return [];
  return [...listOf(input['lead']), ...listOf(input['drafts'])];
}
