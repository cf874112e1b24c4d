/** Every key of a tenant's limits. They share one hash tag, hence one slot of a Redis Cluster, which is not that of a session's log. */
export function quotaKey(tenant: string, ...path: readonly string[]): string {
  return ['convoke', `{${tenant}}`, 'quota', ...path].join(':');
}

/** Each is one for all tenants. */
export const FLEET = 'convoke:{gateways}';
export const WAITS = 'convoke:{waits}';
export const ASKED = 'convoke:{waits}:asked';
