/** Which pages may connect. A WebSocket ignores CORS, so the Origin header is checked here. */
import { isIP } from 'node:net';

/** Hosts by which browsers address this machine. */
const LOCAL = new Set(['localhost', '127.0.0.1', '[::1]']);

export interface OriginRules {
  /** Allowed origins, `https://app.example.com` or `capacitor://localhost`; each without a fault (`originFault`). */
  readonly origins: readonly string[];
  /** True: pages from any port of this machine may connect. */
  readonly devMode: boolean;
}

/**
 * Why dev mode checks the Host: its key is public, and any page can let its own domain resolve to this machine (DNS rebinding). The page then
 * has the same origin as the gateway, and a GET from it carries no Origin at all. An IP address cannot be rebound. `bound`: the host that the
 * gateway listens on.
 */
export function isSafeHost(host: string | undefined, bound: string): boolean {
  const url = URL.parse(`http://${host ?? ''}`);
  if (!url) return false;
  const name = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return LOCAL.has(url.hostname) || isIP(name) !== 0 || name === bound.toLowerCase();
}

/** True for a Host header that names this machine. */
export function isLocalHost(host: string | undefined): boolean {
  const url = URL.parse(`http://${host ?? ''}`);
  return url !== null && LOCAL.has(url.hostname);
}

/** What browsers send for a page, and how apps name themselves: `https://app.example.com:8443`, `capacitor://localhost`, `app://.`. */
const ORIGIN = /^([a-z][a-z0-9+.-]*):\/\/([^/?#@\s,*]+)$/i;
/** Pages have no such origin: what was opened from a file or made from text sends `null`. */
const WITHOUT_ORIGIN: ReadonlySet<string> = new Set(['file:', 'data:', 'blob:', 'about:', 'javascript:']);

/** As it is compared: in lower case, without the port that the scheme has anyway; null if it is none. */
function originOf(text: string): string | null {
  const url = ORIGIN.test(text) ? URL.parse(text) : null;
  return url && !WITHOUT_ORIGIN.has(url.protocol) ? `${url.protocol}//${url.host}`.toLowerCase() : null;
}

/** Why no page could ever have this origin, with what to write instead; null if one can. */
export function originFault(text: string): string | null {
  const shown = JSON.stringify(text);
  if (text.includes('*'))
    return `${shown}: there are no wildcards. List each origin, such as https://app.example.com.`;
  if (text === 'null')
    return `${shown}: every page without an origin sends that, whoever has made it. Serve the page over http or https.`;
  const url = URL.parse(text);
  if (!url || !text.includes('://'))
    return `${shown} is not an origin. Write it with its scheme: https://app.example.com.`;
  if (/^wss?:$/.test(url.protocol))
    return `${shown}: write where the page comes from, not where it connects: ${url.href.replace(/^ws/, 'http').replace(/\/$/, '')}.`;
  if (originOf(text) !== null) return null;
  if (WITHOUT_ORIGIN.has(url.protocol))
    return `${shown}: such a page sends no origin. Serve it over http or https.`;
  return `${shown}: an origin ends with the host or its port. Write ${url.protocol}//${url.host}.`;
}

/**
 * Programs send no Origin and pass; a page on the host that it calls passes; others must be listed. `host` is the Host header.
 */
export function originCheck(
  rules: OriginRules,
): (origin: string | undefined, host: string | undefined) => boolean {
  const listed = new Set(rules.origins.map(originOf));
  return (origin, host) => {
    if (origin === undefined) return true;
    const known = originOf(origin);
    if (known === null) return false;
    if (listed.has(known)) return true;
    const url = URL.parse(origin);
    if (!url || !/^https?:$/.test(url.protocol)) return false;
    if (url.host === host?.toLowerCase()) return true;
    return rules.devMode && LOCAL.has(url.hostname);
  };
}
