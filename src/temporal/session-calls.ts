/**
 * Calls to the workflows of sessions. Every method throws only `ConvokeError`, within `RECOVERY.ingressDeadlineMs`, or within
 * `answerDeadlineMs` where a worker has to answer. Only Temporal is asked: a session past its retention counts as not found.
 */
import type {
  Client,
  WorkflowExecutionDescription,
  WorkflowHandle,
  WorkflowStartOptions,
} from '@temporalio/client';
import { WorkflowExecutionAlreadyStartedError, WorkflowIdReusePolicy } from '@temporalio/common';
import {
  ConvokeError,
  interruptedReceipt,
  interruptedState,
  LIMITS,
  RECOVERY,
  SESSION,
  workflowId,
} from '../contracts/index.ts';
import type {
  CancelReply,
  CancelRequest,
  EndedRun,
  MemberRefusal,
  MembersReply,
  Message,
  OpenApproval,
  Question,
  Receipt,
  RosterChange,
  SessionInput,
  SessionPage,
  SessionRef,
  SessionState,
  SessionSummary,
  Vote,
  VoteRefusal,
  VoteReply,
  WakeReply,
} from '../contracts/index.ts';
import { askSession, Questions } from './ask.ts';
import type { Answer } from './ask.ts';
import { endedRun } from './ended-run.ts';
import {
  closedError,
  fromTemporal,
  hibernatedError,
  ingressDeadline,
  interruptedError,
  isWorkflowEnded,
  isWorkflowNotFound,
  notFoundError,
} from './errors.ts';
import type { CallKind } from './errors.ts';
import { listSessions } from './list-sessions.ts';
import { sessionMemo, summaryOf } from './memo.ts';
import type { SessionMemo } from './memo.ts';
import type { FoundSession, SessionCalls, Started, StartRequest } from './port.ts';
import type { ListQuery } from './sessions-query.ts';
import { standingOf } from './standing.ts';
import { inConsole, shownInUi } from './web-ui.ts';

type StartOptions = WorkflowStartOptions<(input: SessionInput) => Promise<void>>;

export interface SessionCallsConfig {
  /** Its connection should be made with `ingressConnectionOptions()`. */
  readonly client: Client;
  /** Task queue of the workers; default `SESSION.taskQueue`. */
  readonly taskQueue?: string;
  /** How long sessions stay open while nothing happens; default `LIMITS.hibernateAfterMs`. */
  readonly hibernateAfterMs?: number;
  /** A tenant's share where tasks wait for workers; undefined: 1. It counts for runs that are started from then on. */
  readonly weightOf?: (tenant: string) => number | undefined;
  /** Address of the console, to which the Web UI links; absent: it does not. */
  readonly consoleUrl?: string | undefined;
}

export function createSessionCalls(config: SessionCallsConfig): SessionCalls {
  return new TemporalCalls(config);
}

class TemporalCalls implements SessionCalls {
  readonly #client: Client;
  readonly #taskQueue: string;
  readonly #hibernateAfterMs: number;
  readonly #weightOf: (tenant: string) => number | undefined;
  readonly #questions = new Questions((ref, questions) => this.#ask(ref, questions));
  readonly #console: string | undefined;

  constructor({ client, taskQueue = SESSION.taskQueue, ...config }: SessionCallsConfig) {
    this.#client = client;
    this.#taskQueue = taskQueue;
    this.#hibernateAfterMs = config.hibernateAfterMs ?? LIMITS.hibernateAfterMs;
    this.#console = config.consoleUrl;
    this.#weightOf = config.weightOf ?? (() => undefined);
  }

  start(ref: SessionRef, request: StartRequest, deadline = ingressDeadline('server')): Promise<Started> {
    const { info, requestHash } = request;
    const memo = sessionMemo(info, requestHash);
    return this.#call('server', deadline, async () => {
      try {
        const policy = WorkflowIdReusePolicy.REJECT_DUPLICATE;
        const options = { ...this.#options({ ...ref, info }, memo), workflowIdReusePolicy: policy };
        await this.#client.workflow.start(SESSION.workflow, options);
        return { started: true, summary: this.#summary(ref, 'open', memo) };
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
        return { started: false, found: await this.#find(ref) };
      }
    });
  }

  find(ref: SessionRef, deadline = ingressDeadline('server')): Promise<FoundSession | null> {
    return this.#call('server', deadline, () => this.#find(ref));
  }

  send(ref: SessionRef, message: Message): Promise<void> {
    return this.#inSession(ref, 'server', (handle) => handle.signal(SESSION.signals.message, message));
  }

  cancel(ref: SessionRef, { turn, ...more }: CancelRequest): Promise<CancelReply> {
    return this.#update(
      ref,
      SESSION.updates.cancel,
      turn ?? (Object.keys(more).length > 0 ? more : undefined),
    );
  }

  wake(ref: SessionRef, turn: string | undefined): Promise<WakeReply> {
    return this.#update(ref, SESSION.updates.wake, turn);
  }

  close(ref: SessionRef, reason: string): Promise<void> {
    return this.#update(ref, SESSION.updates.close, reason);
  }

  members(ref: SessionRef, change: RosterChange): Promise<MembersReply | MemberRefusal> {
    return this.#update(ref, SESSION.updates.members, change);
  }

  vote(ref: SessionRef, vote: Vote): Promise<VoteReply | VoteRefusal> {
    return this.#update(ref, SESSION.updates.vote, vote);
  }

  approvals(ref: SessionRef): Promise<readonly OpenApproval[]> {
    return this.#questions.ask(ref, { ask: 'approvals' }, () => []);
  }

  unschedule(ref: SessionRef, messageId: string): Promise<Receipt | null> {
    return this.#update(ref, SESSION.updates.unschedule, messageId);
  }

  state(ref: SessionRef): Promise<SessionState> {
    return this.#questions.ask(ref, { ask: 'state' }, interruptedState);
  }

  receipt(ref: SessionRef, messageId: string): Promise<Receipt | null> {
    return this.#questions.ask(ref, { ask: 'receipt', messageId }, ({ interrupted }) =>
      interruptedReceipt(interrupted, messageId),
    );
  }

  interrupted(ref: SessionRef): Promise<EndedRun | null> {
    return this.#inSession(ref, 'worker', async () =>
      endedRun(this.#client, ref, await this.#described(ref)),
    );
  }

  reopen(input: SessionInput, message?: Message): Promise<void> {
    return this.#call('server', ingressDeadline('server'), async () => {
      const found = await this.#describe(input);
      if (found === null) throw notFoundError();
      const memo = found.memo as unknown as SessionMemo; // safety: `start` has put it there
      const policy = WorkflowIdReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY;
      const options = { ...this.#options(input, memo), workflowIdReusePolicy: policy };
      try {
        await this.#startWith(options, message);
      } catch (error) {
        if (error instanceof WorkflowExecutionAlreadyStartedError) throw closedError(error);
        throw error;
      }
    });
  }

  resume(input: SessionInput, requestHash: string, message?: Message): Promise<void> {
    const options = this.#options(input, sessionMemo(input.info, requestHash));
    return this.#call('server', ingressDeadline('server'), () => this.#startWith(options, message));
  }

  list(tenant: string, query: ListQuery): Promise<SessionPage> {
    return this.#call('server', ingressDeadline('server'), () => listSessions(this.#client, tenant, query));
  }

  #ask(ref: SessionRef, questions: readonly Question[]): Promise<EndedRun | readonly Answer[]> {
    return this.#inSession(ref, 'worker', async (handle) => {
      const found = await this.#described(ref);
      return (await endedRun(this.#client, ref, found)) ?? (await askSession(handle, found, questions));
    });
  }

  /** Starts the workflow with a message for it; one that runs gets the message. Without one it may just as well run: whoever wants more of it finds out. */
  async #startWith(options: StartOptions, message: Message | undefined): Promise<void> {
    const { workflow } = this.#client;
    if (message) {
      const signal = { signal: SESSION.signals.message, signalArgs: [message] };
      await workflow.signalWithStart(SESSION.workflow, { ...options, ...signal });
      return;
    }
    try {
      await workflow.start(SESSION.workflow, options);
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
  }

  /** How the workflow of a session is started. */
  #options(input: SessionInput, memo: SessionMemo): StartOptions {
    const { hibernateAfterMs = this.#hibernateAfterMs } = input;
    const weight = this.#weightOf(input.tenant);
    return {
      taskQueue: this.#taskQueue,
      workflowId: workflowId(input),
      args: [{ ...input, hibernateAfterMs, ...inConsole(input, this.#console) }],
      // Tasks are dispatched fairly between tenants, so one tenant's flood does not delay others; activities inherit the key.
      priority: { fairnessKey: input.tenant, ...(weight !== undefined && { fairnessWeight: weight }) },
      ...shownInUi(input, input.info, this.#console),
      memo: { ...memo },
      workflowTaskTimeout: RECOVERY.workflowTaskTimeoutMs,
    };
  }

  async #find(ref: SessionRef): Promise<FoundSession | null> {
    const found = await this.#describe(ref);
    if (found === null) return null;
    const memo = found.memo as Partial<SessionMemo>;
    return { summary: this.#summary(ref, standingOf(found), memo), requestHash: memo.requestHash ?? '' };
  }

  #summary(ref: SessionRef, status: SessionSummary['status'], memo: Partial<SessionMemo>): SessionSummary {
    const summary = summaryOf(ref.tenant, workflowId(ref), status, memo);
    if (!summary) throw new ConvokeError('internal');
    return summary;
  }

  async #describe(ref: SessionRef): Promise<WorkflowExecutionDescription | null> {
    try {
      return await this.#client.workflow.getHandle(workflowId(ref)).describe();
    } catch (error) {
      if (isWorkflowNotFound(error)) return null;
      throw error;
    }
  }

  /** Throws if there is no such session, or it hibernates. */
  async #described(ref: SessionRef): Promise<WorkflowExecutionDescription> {
    const found = await this.#describe(ref);
    if (found === null) throw notFoundError();
    if (standingOf(found) === 'hibernated') throw hibernatedError();
    return found;
  }

  #update<R>(ref: SessionRef, name: string, ...args: [unknown]): Promise<R> {
    return this.#inSession(ref, 'worker', (handle) => handle.executeUpdate<R, [unknown]>(name, { args }));
  }

  /** Calls a session's workflow; tells how a session stands that has none. */
  #inSession<T>(ref: SessionRef, kind: CallKind, ask: (handle: WorkflowHandle) => Promise<T>): Promise<T> {
    return this.#call(kind, ingressDeadline(kind), async () => {
      const handle = this.#client.workflow.getHandle(workflowId(ref));
      try {
        return await ask(handle);
      } catch (error) {
        if (!isWorkflowEnded(error) && !isWorkflowNotFound(error)) throw error;
        const found = await this.#describe(ref);
        if (found === null) throw notFoundError(error);
        const standing = standingOf(found);
        if (standing === 'interrupted') throw interruptedError(error);
        if (standing === 'hibernated') throw hibernatedError(error);
        // It has been reopened in the meantime.
        if (standing === 'open') return await ask(handle);
        throw closedError(error);
      }
    });
  }

  async #call<T>(kind: CallKind, deadline: number, ask: () => Promise<T>): Promise<T> {
    try {
      return await this.#client.withDeadline(deadline, ask);
    } catch (error) {
      throw fromTemporal(error, kind);
    }
  }
}
