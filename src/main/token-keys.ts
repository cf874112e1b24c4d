/** Keys of session tokens, from the environment. */
import { LIMITS, isId } from '../contracts/index.ts';
import type { TokenKey } from '../tenants/index.ts';

/**
 * `id=secret,id=secret`: the first signs, all verify. A secret is base64url of at least 32 bytes (HS256: RFC 7518, 3.2). Throws what
 * `mistake` makes of a sentence.
 */
export function tokenKeysOf(
  items: readonly string[],
  mistake: (sentence: string) => Error,
): readonly TokenKey[] {
  const ids = new Set<string>();
  return items.map((item) => {
    const at = item.indexOf('=');
    const [id, secret] = [item.slice(0, at), Buffer.from(item.slice(at + 1), 'base64url')];
    // The text itself is not shown: it contains secrets.
    if (at < 1 || !isId(id) || secret.length < LIMITS.tokenSecretBytes)
      throw mistake(
        `give id=secret, separated by commas; a secret: openssl rand -hex ${LIMITS.tokenSecretBytes}.`,
      );
    if (ids.has(id)) throw mistake('an id stands there twice.');
    ids.add(id);
    return { id, algorithm: 'HS256', signs: secret, verifies: secret };
  });
}
