/** Erasing what Temporal has of sessions: all runs of their workflows, schedules that write to them, and what those have fired. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import {
  isConvokeError,
  isId,
  parseWorkflowId,
  SEARCH_ATTRIBUTES,
  SESSION,
  workflowId,
} from '../contracts/index.ts';
import type { SessionRef } from '../contracts/index.ts';
import { fromTemporal, GRPC, grpcCode, isWorkflowNotFound } from './errors.ts';
import { createScheduleCalls } from './schedules.ts';

/** Every call throws what `SessionCalls` throws, may be repeated, and tells how many there were. */
export interface TemporalErasure {
  /** Ends and deletes every run. Resolves once the newest is gone; deletion, and visibility of runs that have just begun, may come later. */
  runs(ref: SessionRef): Promise<number>;
  /** Deletes schedules that write to a session, or (undefined) all of the tenant, with what they have fired. */
  schedules(tenant: string, session?: string): Promise<number>;
  /** Ids of some sessions of a tenant that have a run; eventually consistent. */
  sessions(tenant: string): Promise<readonly string[]>;
}

/** Rows of a list, and deletions under way at a time. */
const PAGE = 100;
const CALL_MS = 10_000;
/** How long a deletion is waited for, ms. */
const GONE_MS = 5_000;
const LOOK_MS = 50;

/** What Temporal appends to the workflow id of a schedule; other schedules may begin alike. */
const FIRED_AT = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

interface Execution {
  readonly workflowId?: string | null;
  readonly runId?: string | null;
}

interface ExecutionPage {
  readonly found: readonly Execution[];
  readonly nextPageToken: Uint8Array | null;
}

export function createTemporalErasure(client: Client, taskQueue: string): TemporalErasure {
  const schedules = createScheduleCalls({ client, taskQueue });
  const executions = new Executions(client);
  return {
    async runs(ref) {
      const id = workflowId(ref);
      if (parseWorkflowId(id) === null) return 0;
      const removed = await executions.removeAll(`WorkflowId = '${id}'`);
      await executions.removeNewest(id, removed);
      return removed.size;
    },
    async schedules(tenant, session) {
      let count = 0;
      for (let cursor: string | null = ''; cursor !== null;) {
        const page = await schedules.list(tenant, { limit: PAGE, ...(cursor !== '' && { cursor }) });
        const meant = page.data.filter((each) => session === undefined || each.session === session);
        for (const { id } of meant) {
          await schedules.remove(tenant, id).catch(unlessGone);
          const fired = `fire:${tenant}:${id}-`;
          await executions.removeAll(
            `WorkflowType = 'fire' AND WorkflowId STARTS_WITH '${fired}'`,
            (workflow) => FIRED_AT.test(workflow.slice(fired.length)),
          );
        }
        count += meant.length;
        cursor = page.next;
      }
      return count;
    },
    async sessions(tenant) {
      if (!isId(tenant)) return [];
      const query = `WorkflowType = '${SESSION.workflow}' AND ${SEARCH_ATTRIBUTES.tenant} = '${tenant}'`;
      const refs = (await executions.list(query)).map((each) => parseWorkflowId(each.workflowId ?? ''));
      return [...new Set(refs.flatMap((ref) => (ref?.tenant === tenant ? [ref.session] : [])))];
    },
  };
}

/** Lists show a schedule for a moment after it was deleted. */
function unlessGone(error: unknown): void {
  if (!isConvokeError(error) || error.code !== 'schedule_not_found') throw error;
}

class Executions {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  async list(query: string): Promise<readonly Execution[]> {
    return (await this.#page(query, null)).found;
  }

  #page(query: string, after: Uint8Array | null): Promise<ExecutionPage> {
    return this.#call(async () => {
      const { executions, nextPageToken } = await this.#client.workflowService.listWorkflowExecutions({
        namespace: this.#client.options.namespace,
        ...{ query, pageSize: PAGE, ...(after && { nextPageToken: after }) },
      });
      const found = executions.flatMap(({ execution }) => (execution ? [execution] : []));
      return { found, nextPageToken: nextPageToken.length > 0 ? nextPageToken : null };
    });
  }

  /** Ids of runs that were deleted, of workflows that are meant; what lists do not show yet is for the next time. */
  async removeAll(query: string, isMeant: (workflow: string) => boolean = () => true): Promise<Set<string>> {
    const removed = new Set<string>();
    let nextPageToken: Uint8Array | null = null;
    do {
      const page = await this.#page(query, nextPageToken);
      const found = page.found.filter((each) => isMeant(each.workflowId ?? ''));
      for (const { runId } of found) removed.add(runId ?? '');
      await Promise.all(found.map((each) => this.#remove(each)));
      ({ nextPageToken } = page);
    } while (nextPageToken !== null);
    return removed;
  }

  /** The newest run of a workflow, which lists may not show yet; waits until there is none. */
  async removeNewest(id: string, removed: Set<string>): Promise<void> {
    const until = performance.now() + GONE_MS;
    while (performance.now() < until) {
      const run = await this.#newest(id);
      if (run === null) return;
      if (!removed.has(run)) await this.#remove({ workflowId: id, runId: run });
      removed.add(run);
      await pause(LOOK_MS);
    }
  }

  /** One that runs is terminated first; one that is gone is no error. */
  #remove({ workflowId: id, runId }: Execution): Promise<void> {
    const workflowExecution = { workflowId: id ?? '', runId: runId ?? '' };
    const { namespace } = this.#client.options;
    return this.#call(async () => {
      try {
        await this.#client.workflowService.deleteWorkflowExecution({ namespace, workflowExecution });
      } catch (error) {
        if (grpcCode(error) !== GRPC.notFound) throw error;
      }
    });
  }

  #newest(id: string): Promise<string | null> {
    return this.#call(async () => {
      try {
        return (await this.#client.workflow.getHandle(id).describe()).runId;
      } catch (error) {
        if (isWorkflowNotFound(error)) return null;
        throw error;
      }
    });
  }

  async #call<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await this.#client.withDeadline(Date.now() + CALL_MS, ask);
    } catch (error) {
      throw fromTemporal(error, 'server');
    }
  }
}
