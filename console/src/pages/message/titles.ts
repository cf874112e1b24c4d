import { SPANS } from '../../../../src/contracts/public.ts';

const TITLES: Readonly<Partial<Record<string, { readonly title: string }>>> = SPANS;

/** A span in words; a newer gateway may have more of them. */
export function titleOf(name: string): string {
  const title = TITLES[name]?.title ?? name;
  return title.charAt(0).toUpperCase() + title.slice(1);
}
