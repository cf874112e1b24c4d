/** Which pages may connect. A WebSocket ignores CORS, so the Origin header is checked here. */

/** What browsers send as host of this very machine. */
const LOCAL = new Set(['localhost', '127.0.0.1', '[::1]']);

export interface OriginRules {
  /** Allowed origins, `https://app.example.com`. */
  readonly origins: readonly string[];
  /** True: pages of any port of this machine may connect. */
  readonly devMode: boolean;
}

/**
 * The check: programs send no Origin and pass; a page of the host that it calls passes; others must be listed. `host` is the Host header.
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
