import { needsInWords, SPANS } from '../../../../src/contracts/public.ts';
import type { TimelineSpan } from '../../../../src/contracts/public.ts';

const TITLES: Readonly<Partial<Record<string, { readonly title: string }>>> = SPANS;

/** `a worker that has agent auditor` */
export function workerWith(needs: string): string {
  return `a worker that has ${needsInWords(needs)}`;
}

/** A span in words; a newer gateway may have more of them. */
export function titleOf({ name, needs }: Pick<TimelineSpan, 'needs'> & { readonly name: string }): string {
  const title = needs === undefined ? (TITLES[name]?.title ?? name) : workerWith(needs);
  return title.charAt(0).toUpperCase() + title.slice(1);
}
