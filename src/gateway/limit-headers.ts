/** Limits as headers of an answer: draft-ietf-httpapi-ratelimit-headers, whose last form has two structured fields (RFC 9651). */
import type { LimitUse } from '../contracts/index.ts';

const seconds = (ms: number): number => Math.ceil(ms / 1_000);

/** `q`: the limit, `w`: for how long, s; `r`: what is left, `t`: until it is back, s. */
export function limitHeaders(limits: readonly LimitUse[]): Map<string, string> {
  const policies = limits.map(({ limit, most, windowMs }) =>
    [`"${limit}"`, `q=${most}`, ...(windowMs === undefined ? [] : [`w=${seconds(windowMs)}`])].join(';'),
  );
  const states = limits.map(({ limit, left, backInMs }) =>
    [`"${limit}"`, `r=${left}`, ...(backInMs === undefined ? [] : [`t=${seconds(backInMs)}`])].join(';'),
  );
  return new Map([
    ['RateLimit-Policy', policies.join(', ')],
    ['RateLimit', states.join(', ')],
  ]);
}
