/** The servers that a `REDIS_URL` names. */

/** A comma between two URLs, or behind one; a comma in a password is not one. */
const BETWEEN = /,\s*(?=rediss?:\/\/|$)/;

/** `cluster`: it is a list of nodes, also of one (`redis://host:6379,`). `urls` has at least one. */
export function redisNodes(text: string): { readonly cluster: boolean; readonly urls: readonly string[] } {
  const cluster = BETWEEN.test(text);
  const urls = text.split(BETWEEN).filter((url) => url !== '');
  return { cluster, urls: urls.length === 0 ? [''] : urls };
}

/** Parameters of a URL that name PEM files; other clients of Redis call them so, too. */
const FILES = { ca: 'ssl_ca_certs', cert: 'ssl_certfile', key: 'ssl_keyfile' } as const;

/** Paths of PEM files: of the authority, and of the certificate and the key that the client shows. Absent: the system's, none. */
export type RedisTlsFiles = { readonly [K in keyof typeof FILES]?: string };

/** Of `URL`, which is no part of the language. */
interface Url {
  readonly searchParams: { get(name: string): string | null };
}

/** The files that a URL of Redis names. */
export function redisTlsFiles({ searchParams }: Url): RedisTlsFiles {
  const named = Object.entries(FILES).map(([key, name]) => [key, searchParams.get(name)] as const);
  return Object.fromEntries(named.filter(([, path]) => path !== null));
}
