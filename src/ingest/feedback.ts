/** Feedback on its way to a session: who gives it, and whether there is what it is about. */
import { randomUUID } from 'node:crypto';
import { APPLICATION, ConvokeError, eventId, FEEDBACK_CHANNEL, scorerName } from '../contracts/index.ts';
import type { Feedback, FeedbackRequest, Message, SessionRef } from '../contracts/index.ts';
import { holds, type PastDeps } from '../log/index.ts';
import type { Principal } from '../tenants/index.ts';
import { feedbackSchema } from './schemas/feedback.ts';
import { derivedId, validate } from './validate.ts';

/** The message that brings it. `key`: an Idempotency-Key, in the place of a `feedbackId`. Throws `invalid_request`, and `forbidden` for a person whose name is not one of a person. */
export function feedbackMessage(
  { grant }: Principal,
  ref: SessionRef,
  { body, key }: { readonly body: unknown; readonly key: string | undefined },
): Message & { readonly feedback: Feedback } {
  const { feedbackId, from, ...said } = validate<FeedbackRequest>(feedbackSchema, body);
  const by = grant?.subject ?? from ?? APPLICATION;
  if (grant && isReserved(by))
    throw new ConvokeError(
      'forbidden',
      `No person is called "${by}" in feedback; give the token another subject.`,
    );
  const named = feedbackId ?? key ?? randomUUID();
  // Nobody's id is taken by another's, or by that of a message.
  const messageId = `fb_${derivedId(['feedback', ref.tenant, ref.session, by], named)}`;
  const feedback = { ...said, by };
  return { messageId, parts: [], channel: FEEDBACK_CHANNEL, feedback, receivedAt: Date.now() };
}

/** Names of applications and scorers: whose feedback it is must not be in doubt. */
function isReserved(name: string): boolean {
  const plain = name.trim().toLowerCase();
  return plain === APPLICATION || plain.startsWith(scorerName(''));
}

/** Throws `turn_not_found`, `step_not_found`, and what the log, the archive and the workflow throw. */
export async function requireTarget(
  past: PastDeps,
  ref: SessionRef,
  { turn, step }: Feedback,
): Promise<void> {
  if (await holds(past, ref, step === undefined ? eventId.turnStarted(turn) : eventId.stepStarted(step)))
    return;
  throw step === undefined
    ? new ConvokeError('turn_not_found', 'Give feedback on a turn that has started.')
    : new ConvokeError('step_not_found', 'Give feedback on a step that has started, or on its turn.');
}
