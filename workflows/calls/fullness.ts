/** When a run of the workflow should end. */
import { workflowInfo } from '@temporalio/workflow';
import { LIMITS } from '../../src/contracts/index.ts';

/** At the next pause. `heldChars`: what it holds, UTF-16 code units. */
export function isFull(heldChars: number): boolean {
  const { historyLength, historySize, continueAsNewSuggested } = workflowInfo();
  return (
    continueAsNewSuggested ||
    historyLength > LIMITS.historyEvents ||
    historySize > LIMITS.historyBytes ||
    heldChars > LIMITS.heldChars
  );
}

/** With an archive that is away the run goes on, but not for ever. */
export function isOverfull(heldChars: number): boolean {
  const { historyLength, historySize } = workflowInfo();
  return (
    historyLength > LIMITS.historyEventsHard ||
    historySize > LIMITS.historyBytesHard ||
    heldChars > LIMITS.heldCharsHard
  );
}
