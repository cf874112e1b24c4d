import { condition } from '@temporalio/workflow';
import { cancelOf, type CancelReply } from '../../src/contracts/index.ts';
import type { Cancels } from '../rules/cancels.ts';

/** Cancels what was asked for. Whether there is such a step the log answers. */
export function cancel(cancels: Cancels, asked: unknown): CancelReply | Promise<CancelReply> {
  const { turn, step, all } = cancelOf(asked);
  if (step !== undefined) return cancelStep(cancels, step);
  return all ? cancels.all(Date.now()) : cancels.turn(turn, Date.now());
}

async function cancelStep(cancels: Cancels, step: string): Promise<CancelReply> {
  const asked = cancels.step(step);
  await condition(() => asked.status !== null);
  return { status: asked.status ?? 'none', step };
}
