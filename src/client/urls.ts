/** Addresses of gateways. */
import { ConvokeError } from '../contracts/public.ts';

const PROTOCOLS: readonly string[] = ['http:', 'https:', 'ws:', 'wss:'];

/** The addresses as given. Throws `invalid_request` for one that could never be connected to, instead of trying it for ever. */
export function checkedUrls(given: string | readonly string[]): readonly string[] {
  const urls = typeof given === 'string' ? [given] : given;
  if (urls.length === 0) throw new ConvokeError('invalid_request', 'Give the `url` of at least one gateway.');
  for (const url of urls) {
    const fault = faultOf(url);
    if (fault) {
      const remedy = 'Give a gateway as `https://host:port`, without a path.';
      throw new ConvokeError('invalid_request', `The url ${JSON.stringify(url)} ${fault}. ${remedy}`);
    }
  }
  return urls;
}

function faultOf(url: string): string | null {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (!parsed) return 'is no complete address';
  if (!PROTOCOLS.includes(parsed.protocol)) return `begins with "${parsed.protocol}"`;
  // Socket.IO would take it for a namespace, which no gateway has.
  if (parsed.pathname !== '/') return 'has a path (that of Socket.IO belongs into the option `path`)';
  return null;
}
