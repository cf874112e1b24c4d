/** What an activity inside a workflow task may ask: not its workflow, which answers no question there. */
import { ApplicationFailure } from '@temporalio/activity';
import { ASK_OUTSIDE } from '../src/contracts/index.ts';
import type { SessionSource } from '../src/log/index.ts';
import { TurnStopped } from './turn/stops.ts';

/** Has the workflow call the same activity outside its task: see workflows/calls. */
export function outside(message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, ASK_OUTSIDE);
}

/** What an activity may rebuild a log from. Inside its task a workflow answers no question. */
export function sourceOf(source: SessionSource, isLocal: () => boolean): SessionSource {
  return {
    async known(ref) {
      if (isLocal()) throw outside('The workflow must be asked.');
      const known = await source.known(ref);
      // Its session goes on from what it has left behind, to which nothing may be added any more.
      if (known?.interrupted) throw new TurnStopped('superseded');
      return known;
    },
    archived: (ref, upTo, limit) => source.archived(ref, upTo, limit),
    session: (ref) => source.session(ref),
  };
}

/** A workflow task does not wait for another workflow. */
export function briefly(source: SessionSource): SessionSource {
  const known = async (): Promise<never> => {
    throw outside('The workflow of the parent must be asked.');
  };
  return { ...source, known };
}
