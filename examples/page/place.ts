/** What the address says: which session, which gateways, where Temporal's Web UI is. In the query a number alone is a port of the page's host. */
import { isId } from '../../src/contracts/public.ts';

const TEMPORAL_UI = 'http://localhost:8233';
const NAMESPACE = 'default';

export interface Place {
  readonly session: string;
  /** The gateway that served the page, then those of `?gateways=a,b`. */
  readonly gateways: readonly string[];
  /** Where Temporal's Web UI lists the workflows of `?ui=` and `?namespace=`. */
  readonly workflows: string;
}

/** An http(s) address without a slash at its end; null for anything else, `javascript:` included. */
function webAddress(text: string): string | null {
  const whole = /^\d{1,5}$/.test(text) ? `${location.protocol}//${location.hostname}:${text}` : text;
  const url = URL.canParse(whole) ? new URL(whole) : null;
  return url && /^https?:$/.test(url.protocol) ? url.href.replace(/\/+$/, '') : null;
}

/** A new session id, short enough to be read out: 60 random bits. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => 'abcdefghijkmnpqrstuvwxyz23456789'[byte % 32]).join('');
}

/** Reads the address. Without a (valid) session in it, `session` is null. */
export function readPlace(): Omit<Place, 'session'> & { readonly session: string | null } {
  const asked = new URLSearchParams(location.hash.slice(1)).get('session');
  const query = new URLSearchParams(location.search);
  const others = (query.get('gateways') ?? '').split(',').map((item) => webAddress(item.trim()));
  const namespace = encodeURIComponent(query.get('namespace') ?? NAMESPACE);
  return {
    session: isId(asked) ? asked : null,
    gateways: [...new Set([location.origin, ...others.filter((item) => item !== null)])],
    workflows: `${webAddress(query.get('ui') ?? '') ?? TEMPORAL_UI}/namespaces/${namespace}/workflows`,
  };
}

/** This tab's storage; undefined where the browser forbids it. */
export function tabStorage(): Storage | undefined {
  try {
    return sessionStorage;
  } catch {
    return undefined;
  }
}
