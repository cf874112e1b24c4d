/** What the address says: which session, which gateways, where Temporal's Web UI is. */
import { isId } from '../../src/contracts/index.ts';

const TEMPORAL_UI = 'http://localhost:8233';

export interface Place {
  readonly session: string;
  /** The gateway that served the page, then those of `?gateways=a,b`. */
  readonly gateways: readonly string[];
  /** Base address of Temporal's Web UI. */
  readonly temporalUi: string;
}

/** An http(s) address without a slash at its end; null for anything else, `javascript:` included. */
function webAddress(text: string): string | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url && /^https?:$/.test(url.protocol) ? url.href.replace(/\/+$/, '') : null;
}

/** A new session id, short enough to be read out: 60 random bits. */
function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => 'abcdefghijkmnpqrstuvwxyz23456789'[byte % 32]).join('');
}

/** Reads the address. Without a (valid) session in it, it gets a new one. */
export function readPlace(): Place {
  const asked = new URLSearchParams(location.hash.slice(1)).get('session');
  const session = isId(asked) ? asked : newId();
  if (session !== asked) history.replaceState(null, '', `#session=${session}`);
  const query = new URLSearchParams(location.search);
  const others = (query.get('gateways') ?? '').split(',').map((item) => webAddress(item.trim()));
  return {
    session,
    gateways: [...new Set([location.origin, ...others.filter((item) => item !== null)])],
    temporalUi: webAddress(query.get('ui') ?? '') ?? TEMPORAL_UI,
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
