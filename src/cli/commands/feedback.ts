/** `convoke feedback`: what somebody says of a turn or a step. */
import { randomUUID } from 'node:crypto';
import type { FeedbackReply, FeedbackRequest } from '../../contracts/index.ts';
import { callGateway } from '../gateway-api.ts';

export interface FeedbackOptions extends Pick<
  FeedbackRequest,
  'step' | 'score' | 'label' | 'comment' | 'from'
> {
  readonly up?: true;
  readonly down?: true;
  readonly retract?: true;
  readonly private?: true;
  readonly json?: true;
}

export async function feedback(session: string, turn: string, options: FeedbackOptions): Promise<void> {
  const { up, down, retract, json, ...said } = options;
  const thumb = up ? 'up' : down ? 'down' : undefined;
  const body = {
    ...{ turn, ...said, feedbackId: randomUUID() },
    ...(thumb && { thumb }),
    ...(retract && { retracted: true }),
  };
  const path = `/v1/sessions/${session}/feedback`;
  const reply = await callGateway<FeedbackReply>({ method: 'POST', path, body });
  const line = `Feedback of ${reply.by} on ${options.step ?? reply.turn} ${retract ? 'is taken back' : 'is accepted'}.`;
  process.stdout.write(json ? `${JSON.stringify(reply, null, 2)}\n` : `${line}\n`);
}
