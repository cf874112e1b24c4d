/** A connection goes on with another token. */
import { ConvokeError, isConvokeError } from '../contracts/index.ts';
import type { RenewReply } from '../contracts/index.ts';
import type { Intake } from '../ingest/index.ts';
import type { SocketClient } from './socket-client.ts';

/**
 * Throws `unauthorized`, `token_expired`, and `forbidden` for a token of another tenant or subject, and where no token has opened the
 * connection. Whatever it throws, the connection goes on as it was.
 */
export async function renew(
  intake: Pick<Intake, 'authenticate'>,
  client: SocketClient,
  token: string,
): Promise<RenewReply> {
  try {
    const { tenant, grant } = await intake.authenticate(token);
    const now = client.principal;
    if (grant && tenant === now.tenant && grant.subject === now.grant?.subject)
      return client.goOnAs({ tenant, grant });
  } catch (error) {
    // Nor is this a quick way to try keys.
    if (isConvokeError(error) && error.code === 'unauthorized') await client.refused();
    throw error;
  }
  const detail = 'Bring a token of the same tenant and subject, or open another connection.';
  throw new ConvokeError('forbidden', detail);
}
