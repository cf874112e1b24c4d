/** `REDIS_URL`: one server, or the nodes of a cluster. */
import { expect, test } from '@jest/globals';
import { redisProbe } from '../../src/cli/dev/probe.ts';
import { redisUrlFault } from '../../src/cli/redis-url.ts';
import { redisNodes } from '../../src/contracts/index.ts';

test.each([
  ['redis://one:6379', false, ['redis://one:6379']],
  ['redis://user:a,b@one', false, ['redis://user:a,b@one']],
  ['redis://one,redis://two:7000', true, ['redis://one', 'redis://two:7000']],
  ['rediss://:a,b@one, rediss://two', true, ['rediss://:a,b@one', 'rediss://two']],
  ['redis://endpoint:6379,', true, ['redis://endpoint:6379']],
])('%s names the right servers', (text, cluster, urls) => {
  expect(redisNodes(text)).toEqual({ cluster, urls });
  expect(redisUrlFault(text)).toBeNull();
});

test.each([
  ['redis://one,two', 'a comma'],
  ['redis://one:6379,redis://two:x', 'not a URL'],
  ['redis://one/1,redis://two', 'numbered databases'],
  ['redis://one,rediss://', 'no host'],
  ['redis://one?ssl_certfile=/a&ssl_keyfile=/b', 'rediss://'],
  ['rediss://one?ssl_certfile=/a', 'give both'],
  ['rediss://one?ssl_ca_certs=/no/such/file.pem', '/no/such/file.pem'],
])('%s is refused with what to write', (text, fault) => {
  expect(redisUrlFault(text)).toContain(fault);
  expect(redisUrlFault(text)).toContain('separated by commas');
});

test('of a cluster the first node is asked whether it lives', () => {
  expect(redisProbe('redis://one:7000,redis://two:7001')).toEqual({ kind: 'redis', host: 'one', port: 7000 });
});
