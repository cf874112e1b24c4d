/** Whose a request is, before anything of it is looked at for good. */
import type { IncomingMessage } from 'node:http';
import { bearerToken } from '../../ingest/index.ts';
import type { Intake } from '../../ingest/index.ts';

/** The tenant of its key; empty for all who have none or a wrong one: keys can be made up without end, tenants cannot. */
export async function ownerOf(
  intake: Pick<Intake, 'authenticate'>,
  { headers }: Pick<IncomingMessage, 'headers'>,
): Promise<string> {
  const token = bearerToken(headers.authorization);
  if (token === undefined) return '';
  return intake.authenticate(token).then(
    ({ tenant }) => tenant,
    () => '',
  );
}
