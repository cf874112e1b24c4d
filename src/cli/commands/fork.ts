/** `convoke fork`: a new session with the conversation of another. */
import type { ForkReply } from '../../contracts/index.ts';
import { callGateway } from '../gateway-api.ts';

export interface ForkOptions {
  readonly at?: number;
  readonly before?: string;
  readonly id?: string;
  readonly from?: string;
  readonly json?: boolean;
}

export async function fork(
  session: string,
  text: string | undefined,
  { json, from, ...request }: ForkOptions,
): Promise<void> {
  const message = text === undefined ? undefined : { text, ...(from === undefined ? {} : { from }) };
  const body = { ...request, ...(message && { message }) };
  const reply = await callGateway<ForkReply>({ method: 'POST', path: `/v1/sessions/${session}/fork`, body });
  if (json) {
    process.stdout.write(`${JSON.stringify(reply, null, 2)}\n`);
    return;
  }
  const { id, parent } = reply;
  process.stdout.write(`${id}  fork of ${session} at ${parent?.seq ?? ''}\n`);
  process.stdout.write(`Follow it: npx convoke tail ${id}\n`);
}
