/** Errors, in the stream and instead of it. */
import type { RawReply } from '../../../examples/scripted-model/behaviour.ts';
import { JSON_HEADERS, data, say, stream, json, failing, final } from './oddity.ts';
import type { Failure, Oddity } from './oddity.ts';

export const IN_STREAM: readonly Oddity[] = [
  ['a number', { code: 429 }, failing('agent_rate_limited', 'HTTP 429')],
  ['a number as text', { code: '503' }, failing('agent_failed', 'HTTP 503')],
  ['a word', { code: 'rate_limit_exceeded' }, failing('agent_rate_limited', 'rate_limit_exceeded')],
  ['no money', { code: 'insufficient_quota' }, final('agent_refused', 'insufficient_quota')],
  ['a type', { type: 'overloaded_error' }, failing('agent_failed', 'overloaded_error')],
].map(([name, error, fails]) => ({
  ...{ name: `an error in the stream: ${name as string}`, text: 'Hel', fails: fails as Failure },
  sent: stream(say('Hel'), data({ error: { message: 'No', ...(error as object) } })),
}));

const error = (status: number, body: object, headers: Record<string, string> = {}): RawReply => ({
  ...json({ error: { message: 'No', ...body } }, status),
  headers: { ...JSON_HEADERS, ...headers },
});
const wish = (value: string, retryAfterMs: number | undefined): Oddity => ({
  ...{ name: `429 with Retry-After: ${value.slice(0, 30)}`, text: '' },
  sent: error(429, {}, { 'retry-after': value }),
  fails: {
    ...{ code: 'agent_rate_limited', retryable: true },
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  },
});
export const STATUSES: readonly Oddity[] = [
  wish('0', 0),
  wish('-1', 0),
  wish('Thu, 01 Jan 1970 00:00:01 GMT', 0),
  wish('86400', 86_400_000),
  wish('9'.repeat(306), Number.MAX_SAFE_INTEGER),
  wish('soon', undefined),
  {
    name: '503 with Retry-After',
    sent: error(503, {}, { 'retry-after': '2' }),
    text: '',
    fails: { code: 'agent_failed', retryable: true, retryAfterMs: 2_000 },
  },
  {
    name: '429 insufficient_quota',
    sent: error(429, { code: 'insufficient_quota', type: 'insufficient_quota' }),
    text: '',
    fails: final('agent_refused', 'balance'),
  },
  {
    name: '429 RESOURCE_EXHAUSTED',
    sent: error(429, { status: 'RESOURCE_EXHAUSTED', message: 'You exceeded your current quota' }),
    text: '',
    fails: failing('agent_rate_limited'),
  },
  {
    name: '400 without credit',
    sent: error(400, { message: 'Your credit balance is too low' }),
    text: '',
    fails: final('agent_refused', 'balance'),
  },
  ...[400, 401, 402, 403, 404, 422].map((status) => ({
    name: `${status}`,
    sent: error(status, {}),
    text: '',
    fails: final('agent_refused', `HTTP ${status}`),
  })),
  ...[408, 409, 425, 500, 502, 503, 504, 524, 529].map((status) => ({
    name: `${status}`,
    sent: error(status, {}),
    text: '',
    fails: failing('agent_failed', `HTTP ${status}`),
  })),
  {
    name: '502 with a page',
    sent: { status: 502, headers: { 'content-type': 'text/html' }, body: ['<html>Bad gateway</html>'] },
    text: '',
    fails: failing('agent_failed', 'HTTP 502'),
  },
  {
    name: '404 unknown model',
    sent: error(404, { code: 'model_not_found' }),
    text: '',
    fails: final('agent_refused', 'model_not_found'),
  },
  {
    name: '401 in a list',
    sent: json([{ error: { message: 'x', status: 'UNAUTHENTICATED', code: 401 } }], 401),
    text: '',
    fails: final('agent_refused', 'HTTP 401'),
  },
];
