/** Lines of shell in documents, as far as they are used there. */

/** The words of a simple command: quotes are taken off, nothing is expanded. */
export function shellWords(line: string): readonly string[] {
  const words = line.match(/(?:[^\s"']+|"(?:\\.|[^"\\])*"|'[^']*')+/g) ?? [];
  return words.map((word) => word.replace(/"((?:\\.|[^"\\])*)"|'([^']*)'/g, '$1$2'));
}

/** The simple commands of a script, without comments: what stands between line breaks, `&&`, `||`, `;` and `|`. */
export function simpleCommands(script: string): readonly string[] {
  const joined = script.replace(/\\\n\s*/g, ' ');
  const tokens = joined.matchAll(/"(?:\\.|[^"\\])*"|'[^']*'|(?<=^|\s)#.*|&&|\|\|?|;|\n|[^"'\s#&|;]+|\s|./g);
  const parts: string[] = [];
  let part = '';
  for (const [token] of tokens) {
    if (/^(&&|\|\|?|;|\n)$/.test(token)) {
      parts.push(part);
      part = '';
    } else if (!token.startsWith('#')) part += token;
  }
  parts.push(part);
  return parts.map((each) => each.trim()).filter((each) => each !== '');
}
