/** One agent of a session: whether it speaks, what it says, what it has said and used. */
import { useCallback, useMemo } from 'react';
import type { Member, StepEntry } from '../../contracts/public.ts';
import type { Session } from '../session.ts';
import { useSelected } from './use-session.ts';

export interface AgentNow {
  /** Undefined: it is not, or no longer, a member of the session. */
  readonly member: Member | undefined;
  /** Its steps that run, the first one first: model calls, and tool calls (`use`). */
  readonly running: readonly StepEntry[];
  /** All of its steps that the view has, oldest first. */
  readonly steps: readonly StepEntry[];
  /** What it says at this moment, or said last; empty: nothing yet. */
  readonly text: string;
  /** Sum over its steps in the view. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** In the currency of the worker's prices. */
  readonly cost: number;
}

const sum = (steps: readonly StepEntry[], of: (step: StepEntry) => number | undefined): number =>
  steps.reduce((total, step) => total + (of(step) ?? 0), 0);

/** An agent by its name. The component is drawn anew when something of this agent changes, whatever the others say. */
export function useAgent(session: Session, name: string): AgentNow {
  const steps = useSelected(
    session,
    useCallback(
      ({ view }) => (view?.entries ?? []).filter((each) => each.kind === 'step' && each.agent === name),
      [name],
    ),
  ) as readonly StepEntry[];
  const member = useSelected(
    session,
    useCallback(({ view }) => view?.members.find((each) => each.name === name), [name]),
  );
  return useMemo(
    () => ({
      member,
      steps,
      running: steps.filter(({ status }) => status === 'running'),
      text: steps.findLast(({ use, summarises }) => !use && !summarises)?.text ?? '',
      inputTokens: sum(steps, ({ usage }) => usage?.inputTokens),
      outputTokens: sum(steps, ({ usage }) => usage?.outputTokens),
      cost: sum(steps, ({ usage }) => usage?.cost),
    }),
    [member, steps],
  );
}
