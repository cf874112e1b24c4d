/** Which trace something belongs to, in W3C Trace Context: https://www.w3.org/TR/trace-context/. */

/** 32 lower-case hexadecimal digits, not all of them 0. */
export function isTraceId(value: unknown): value is string {
  return typeof value === 'string' && /^(?!0+$)[\da-f]{32}$/.test(value);
}

/** Whoever has sent a message, by the header `traceparent`. */
export interface TraceParent {
  readonly trace: string;
  /** Its span, 16 hexadecimal digits. */
  readonly span: string;
  /** False: it records nothing, and neither should those that it calls. */
  readonly isSampled: boolean;
}

/** Null for what is no `traceparent`. Later versions of the format may have more fields; `ff` is none. */
export function parseTraceparent(text: string): TraceParent | null {
  const found = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/.exec(text);
  const [, version = '', trace, span = '', flags = '', more] = found ?? [];
  if (version === 'ff' || (version === '00' && more !== undefined)) return null;
  if (!isTraceId(trace) || /^0+$/.test(span)) return null;
  return { trace, span, isSampled: (parseInt(flags, 16) & 1) === 1 };
}

/** The header by which a span is named to others, such as a model endpoint of one's own. */
export function traceparentOf(trace: string, span: string): string {
  return `00-${trace}-${span}-01`;
}
