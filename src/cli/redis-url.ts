/** The address of Redis, checked before anything connects to it: the driver takes what is no URL for the path of a socket, and shows it in its errors. */
import { accessSync, constants } from 'node:fs';
import { redisNodes, redisTlsFiles } from '../contracts/index.ts';

/** Written so that `withoutCredentials` leaves it alone. */
const FORM =
  'redis://host:6379/0, or rediss://host:6379/0 with TLS; credentials stand before the host, as user:password@';
const ENCODED = '/ is written %2F, ? %3F, # %23, @ %40 and % %25';

/** What is wrong with it and what to write, without the text itself, which may hold a password; null if nothing is. */
export function redisUrlFault(text: string): string | null {
  const { cluster, urls } = redisNodes(text);
  for (const url of urls) {
    const parsed = URL.parse(url);
    const fault = parsed ? faultOf(parsed, cluster) : 'it is not a URL';
    if (fault !== null)
      return `${fault}. Write ${FORM}, in which ${ENCODED}; of a cluster, the URLs of its nodes, separated by commas.`;
  }
  return null;
}

function faultOf(url: URL, cluster: boolean): string | null {
  const { protocol, hostname, pathname, hash } = url;
  if (!/^rediss?:$/.test(protocol)) return 'it does not begin with redis:// or rediss://';
  if (hostname === '') return 'it names no host';
  if (hostname.includes(',')) return 'a comma stands in the host';
  if (!/^\/?\d*$/.test(pathname)) return 'what follows the host is not the number of a database';
  if (cluster && /[1-9]/.test(pathname)) return 'a cluster has no numbered databases';
  return hash === '' ? tlsFault(url) : 'a # stands in it';
}

function tlsFault(url: URL): string | null {
  const files = redisTlsFiles(url);
  const { cert, key } = files;
  if (Object.keys(files).length > 0 && url.protocol !== 'rediss:')
    return 'it names files for TLS, and does not begin with rediss://';
  if ((cert === undefined) !== (key === undefined))
    return 'it names a certificate or a key: give both, as ssl_certfile and ssl_keyfile';
  const missing = Object.values(files).find((path) => !isReadable(path));
  return missing === undefined ? null : `the file ${missing}, which it names, cannot be read`;
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
