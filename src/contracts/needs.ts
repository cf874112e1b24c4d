/** What a worker must have to run a turn, in words. */

/** `agent.auditor`: agent auditor; `model.south`: model endpoint south; `model`: agents of the kind model. */
export function needsInWords(needs: string): string {
  const dot = needs.indexOf('.');
  if (dot < 0) return `agents of the kind ${needs}`;
  const [kind, name] = [needs.slice(0, dot), needs.slice(dot + 1)];
  return `${kind === 'model' ? 'model endpoint' : kind} ${name}`;
}
