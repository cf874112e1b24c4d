/** The address of Redis, checked before anything connects to it: the driver takes what is no URL for the path of a socket, and shows it in its errors. */

/** Written so that `withoutCredentials` leaves it alone. */
const FORM =
  'redis://host:6379/0, or rediss://host:6379/0 with TLS; credentials stand before the host, as user:password@';
const ENCODED = '/ is written %2F, ? %3F, # %23, @ %40 and % %25';

/** What is wrong with it and what to write, without the text itself, which may hold a password; null if nothing is. */
export function redisUrlFault(text: string): string | null {
  const parsed = URL.parse(text);
  const fault = parsed ? faultOf(parsed) : 'it is not a URL';
  return fault === null ? null : `${fault}. Write ${FORM}, in which ${ENCODED}.`;
}

function faultOf({ protocol, hostname, pathname, hash }: URL): string | null {
  if (!/^rediss?:$/.test(protocol)) return 'it does not begin with redis:// or rediss://';
  if (hostname === '') return 'it names no host';
  if (!/^\/?\d*$/.test(pathname)) return 'what follows the host is not the number of a database';
  return hash === '' ? null : 'a # stands in it';
}
