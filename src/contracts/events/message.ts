import type { InterjectionPolicy, MessagePart } from '../message.ts';

export interface MessageEventData {
  'message.accepted': {
    readonly messageId: string;
    readonly parts: readonly MessagePart[];
    readonly from?: string;
    /** True if it waits for a running turn. */
    readonly queued: boolean;
    /** The question to a person that it answers: it is part of that turn, and starts none. */
    readonly answers?: string;
    /** Absent: `queue`. */
    readonly policy?: InterjectionPolicy;
    /** The running turn that it joins at its next step, unless that turn ends first. */
    readonly steers?: string;
  };
  /** It is delivered then (ms since the Unix epoch), as `message.accepted`, or rejected before. */
  'message.scheduled': {
    readonly messageId: string;
    readonly parts: readonly MessagePart[];
    readonly from?: string;
    readonly policy?: InterjectionPolicy;
    readonly deliverAt: number;
  };
  'message.rejected': { readonly messageId: string; readonly code: string };
}
