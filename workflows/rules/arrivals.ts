/** What may come in by a signal. Anybody with access to Temporal can send one: a wrong one must not fail the workflow's task for ever. */
import { isId, type Message, type MessagePart } from '../../src/contracts/index.ts';

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function isPart(value: unknown): value is MessagePart {
  if (!isObject(value)) return false;
  return value['type'] === 'text' ? typeof value['text'] === 'string' : isObject(value['data']);
}

const isOptional = (value: unknown, type: 'string'): boolean => value === undefined || typeof value === type;

/** True if the value is a message in its shape; what the gateway has checked beyond that is not checked again. */
export function isMessage(value: unknown): value is Message {
  if (!isObject(value)) return false;
  const { messageId, parts, from, receivedAt, ended } = value;
  return (
    isId(messageId) &&
    Array.isArray(parts) &&
    parts.every(isPart) &&
    isOptional(from, 'string') &&
    isOptional(ended, 'string') &&
    Number.isFinite(receivedAt)
  );
}
