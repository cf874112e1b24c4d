/** Temporal's side of the activities: calls them as a worker does, and answers what they ask of the server. */
import { asyncLocalStorage, Context, type Info } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import { ActivityCancellationDetails } from '@temporalio/common';
import type { TurnProgress, TurnResult } from '../../src/contracts/index.ts';

/** The server's side of one activity. */
export class ActivityServer {
  readonly recorded: TurnProgress[] = [];
  completed: TurnResult | null = null;
  failed: unknown = null;
  /** Thrown by the next heartbeats. */
  answer: Error | null = null;
  readonly controller = new AbortController();
  details: ActivityCancellationDetails | undefined;

  readonly client = {
    activity: {
      heartbeat: async (_token: Uint8Array, details: TurnProgress) => {
        if (this.answer) throw this.answer;
        this.recorded.push(JSON.parse(JSON.stringify(details)) as TurnProgress); // safety: as a payload carries it
      },
      complete: async (_token: Uint8Array, result: TurnResult) => {
        this.completed = result;
      },
      fail: async (_token: Uint8Array, error: unknown) => {
        this.failed = error;
      },
    },
  } as unknown as Client; // safety: nothing else of it is used

  /** The core cancels the activity. */
  cancel(word: string, details: Partial<ActivityCancellationDetails> = {}): void {
    this.details = new ActivityCancellationDetails(details);
    this.controller.abort(new Error(word));
  }

  /** Calls as a worker does. */
  as<T>(info: Partial<Info>, call: () => Promise<T>): Promise<T> {
    const never = new Promise<never>(() => undefined);
    const unused = undefined as never; // safety: neither logger nor metrics are asked for
    const beat = (): void => {
      if (info.isLocal) throw new Error('a local activity has no heartbeat');
    };
    const { signal } = this.controller;
    const holder = Object.defineProperty({}, 'details', { get: () => this.details });
    const full = { attempt: 1, isLocal: false, taskToken: new Uint8Array([1]), ...info } as Info;
    const context = new Context(full, never, signal, beat, this.client, unused, unused, holder);
    return asyncLocalStorage.run(context, call);
  }
}
