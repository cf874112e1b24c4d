/** The servers that a `REDIS_URL` names. */

/** A comma between two URLs, or behind one; a comma in a password is not one. */
const BETWEEN = /,\s*(?=rediss?:\/\/|$)/;

/** `cluster`: it is a list of nodes, also of one (`redis://host:6379,`). `urls` has at least one. */
export function redisNodes(text: string): { readonly cluster: boolean; readonly urls: readonly string[] } {
  const cluster = BETWEEN.test(text);
  const urls = text.split(BETWEEN).filter((url) => url !== '');
  return { cluster, urls: urls.length === 0 ? [''] : urls };
}
