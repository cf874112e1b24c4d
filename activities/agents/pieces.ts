/** What the code of an agent yields, checked: JavaScript may yield anything, and what is kept of it becomes part of events. Pure. */
import { type FinishReason, type JsonObject, type ToolCall, type Usage } from '../../src/contracts/index.ts';
import type { RunPiece } from './runner.ts';

/** Longest id and name of a call, UTF-16 code units. */
const NAME_CHARS = 128;
const FINISHES: readonly unknown[] = ['stop', 'length', 'filter', 'tools'] satisfies FinishReason[];
const COUNTS = ['inputTokens', 'outputTokens', 'cachedTokens', 'reasoningTokens', 'cost'] as const;

/** The piece that a value stands for; null: it is none. */
export function pieceIn(said: unknown): RunPiece | null {
  if (typeof said === 'string') return { type: 'text', text: said };
  if (!isRecord(said)) return null;
  const { type, text, call, usage, finish } = said;
  switch (type) {
    case 'text':
    case 'reasoning':
      return typeof text === 'string' ? { type, text } : null;
    case 'alive':
      return { type };
    case 'call': {
      const checked = callIn(call);
      return checked && { type, call: checked };
    }
    case 'usage': {
      const counted = usageIn(usage);
      return counted && { type, usage: counted };
    }
    case 'finish':
      return FINISHES.includes(finish) ? { type, finish: finish as FinishReason } : null; // safety: just checked
    default:
      return null;
  }
}

function callIn(call: unknown): ToolCall | null {
  if (!isRecord(call)) return null;
  const { id, tool, input = {} } = call;
  const isName = (name: unknown): name is string =>
    typeof name === 'string' && name !== '' && name.length <= NAME_CHARS && name.isWellFormed();
  if (!isName(id) || !isName(tool)) return null;
  try {
    // A copy, which nobody changes any more.
    const args = JSON.parse(JSON.stringify(input)) as unknown;
    return isRecord(args) && !Array.isArray(args) ? { id, tool, input: args as JsonObject } : null; // safety: parsed JSON
  } catch {
    return null;
  }
}

function usageIn(usage: unknown): Usage | null {
  if (!isRecord(usage)) return null;
  const counted = COUNTS.flatMap((name) => (usage[name] === undefined ? [] : [[name, usage[name]] as const]));
  if (!counted.every(([, count]) => Number.isFinite(count) && Number(count) >= 0)) return null;
  return { inputTokens: 0, outputTokens: 0, ...Object.fromEntries(counted) };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
