/** What a session leaves in the archive: its events, and the state that another run goes on from. */
import { workflowInfo } from '@temporalio/workflow';
import type { ArchiveReport, SessionInput, StoredState } from '../src/contracts/index.ts';
import { archive, tryArchive } from './calls/archiver.ts';
import type { SessionMachine } from './rules/machine.ts';

interface Archiving {
  /** It may fail. */
  readonly brief: boolean;
  /** The session is to rest in the archive. */
  readonly stores?: StoredState['status'];
}

export class Keeper {
  readonly #input: SessionInput;
  readonly #machine: SessionMachine;
  /** Of the state that was stored last. */
  #generation = 0;

  constructor(input: SessionInput, machine: SessionMachine) {
    this.#input = input;
    this.#machine = machine;
  }

  /** No activity of a turn runs meanwhile: what is copied is whole. Null if the archive is away and `brief` forbids to wait for it. */
  async archive({ brief, stores }: Archiving): Promise<ArchiveReport | null> {
    const { facts } = this.#machine;
    const { tenant, session } = this.#input;
    const state = stores && this.#stored(stores);
    const input = {
      ...{ tenant, session, known: facts.known, archivedTo: facts.archivedTo },
      ...(state ? { state } : {}),
    };
    const report = brief ? await tryArchive(input) : await archive(input);
    if (report) facts.archived(report.archivedTo);
    if (report?.changed) facts.learn(report.changed);
    return report;
  }

  /** What the session would go on with; its events are in the archive then. */
  #stored(status: StoredState['status']): StoredState {
    this.#generation = Math.max(Date.now(), this.#generation + 1);
    const { requestHash = '' } = (workflowInfo().memo ?? {}) as { readonly requestHash?: string }; // safety: `start` has put it there
    const carried = { ...this.#machine.carry(), events: [] };
    return { status, generation: this.#generation, requestHash, carried };
  }
}
