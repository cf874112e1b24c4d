/** What an agent of the bare engine does: its tokens, one publish each. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { nowUs } from '../clock.ts';
import { bareChannel, type BareStep } from './contract.ts';

/** Resolves with the whole text, once Redis has taken all of it. */
export async function say(redis: Redis, step: BareStep, attempt: number): Promise<string> {
  const channel = bareChannel(step.session);
  const sent: Promise<unknown>[] = [];
  let said = '';
  for (let index = 0; index < step.tokens; index += 1) {
    if (step.paceMs > 0) await pause(step.paceMs);
    const token = step.stamped ? String(nowUs()) : `w${index + 1}`;
    said += index === 0 ? token : ` ${token}`;
    sent.push(redis.spublish(channel, `${step.turn} ${step.agent} ${attempt} ${index} ${token}`));
  }
  await Promise.all(sent);
  return said;
}
