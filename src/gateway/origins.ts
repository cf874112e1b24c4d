/** Which pages may connect. A WebSocket ignores CORS, so the Origin header is checked here. */
import { isIP } from 'node:net';

/** Hosts by which browsers address this machine. */
const LOCAL = new Set(['localhost', '127.0.0.1', '[::1]']);

export interface OriginRules {
  /** Allowed origins, `https://app.example.com`. */
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

/**
 * Programs send no Origin and pass; a page on the host that it calls passes; others must be listed. `host` is the Host header.
 */
export function originCheck(
  rules: OriginRules,
): (origin: string | undefined, host: string | undefined) => boolean {
  const listed = new Set(rules.origins.map((origin) => origin.toLowerCase()));
  return (origin, host) => {
    if (origin === undefined) return true;
    const url = URL.parse(origin);
    if (!url || !/^https?:$/.test(url.protocol)) return false;
    if (listed.has(url.origin)) return true;
    if (url.host === host?.toLowerCase()) return true;
    return rules.devMode && LOCAL.has(url.hostname);
  };
}
