/** Finds the line of a configuration's source that a path leads to. */

/**
 * 1, 2, …; undefined if the path is not written there. Each key is looked for after the one before it: right for a configuration that is
 * written as one literal, which is how people write it.
 */
export function lineOf(source: string, path: readonly PropertyKey[]): number | undefined {
  let at = 0;
  for (const key of path) {
    if (typeof key !== 'string') continue;
    const name = key.replace(/[^\w$-]/g, '\\$&');
    const found = new RegExp(`(?<![\\w$-])(['"]?)${name}\\1(?![\\w$-])\\s*(?=[:(,}])`, 'g');
    found.lastIndex = at;
    const match = found.exec(source);
    if (!match) break;
    at = match.index;
  }
  return at === 0 ? undefined : source.slice(0, at).split('\n').length;
}
