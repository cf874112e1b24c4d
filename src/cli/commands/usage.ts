/** `convoke usage`: how the limits of the tenant stand. */
import type { LimitUse, UsageReply } from '../../contracts/index.ts';
import { callGateway } from '../gateway-api.ts';
import { table } from '../terminal.ts';

export async function usage({ json }: { readonly json?: boolean }): Promise<void> {
  const reply = await callGateway<UsageReply>({ path: '/v1/usage' });
  if (json) process.stdout.write(`${JSON.stringify(reply, null, 2)}\n`);
  else if (reply.limits.length === 0) process.stdout.write('This tenant has no limits.\n');
  else process.stdout.write(table([['LIMIT', 'MOST', 'USED', 'LEFT', 'BACK'], ...reply.limits.map(cells)]));
}

function cells({ limit, most, used, left, backInMs }: LimitUse): string[] {
  return [limit, String(most), String(used), String(left), used === 0 ? 'now' : backIn(backInMs)];
}

/** When nothing of it is used any more. */
function backIn(ms: number | undefined): string {
  if (ms === undefined) return 'when something ends';
  const seconds = Math.ceil(ms / 1_000);
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60)];
  if (hours > 0) return `in ${hours} h ${minutes} min`;
  return minutes > 0 ? `in ${minutes} min` : `in ${seconds} s`;
}
