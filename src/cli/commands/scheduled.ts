/** `convoke scheduled`: the messages of a session that wait for their time. */
import { readableText } from '../../contracts/index.ts';
import type { Receipt, ScheduledPage } from '../../contracts/index.ts';
import { callGateway } from '../gateway-api.ts';
import { table } from '../terminal.ts';

interface ScheduledOptions {
  readonly cancel?: string;
  readonly json?: boolean;
}

export async function scheduled(session: string, { cancel, json }: ScheduledOptions): Promise<void> {
  const path = `/v1/sessions/${session}/scheduled`;
  if (cancel !== undefined) {
    const receipt = await callGateway<Receipt>({ method: 'DELETE', path: `${path}/${cancel}` });
    if (json) process.stdout.write(`${JSON.stringify(receipt, null, 2)}\n`);
    else
      process.stdout.write(
        `${receipt.code === 'message_cancelled' ? 'cancelled' : receipt.status}  ${cancel}\n`,
      );
    return;
  }
  const page = await callGateway<ScheduledPage>({ path });
  if (json) {
    process.stdout.write(`${JSON.stringify(page, null, 2)}\n`);
    return;
  }
  const rows = page.data.map(({ messageId, deliverAt, from = '', parts }) => [
    ...[messageId, new Date(deliverAt).toISOString(), from, readableText(parts).slice(0, 60)],
  ]);
  if (rows.length === 0) process.stdout.write('No message waits for its time.\n');
  else process.stdout.write(table([['MESSAGE', 'AT', 'FROM', 'TEXT'], ...rows]));
}
