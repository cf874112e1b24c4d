import type { MessagePart } from '../message.ts';

export interface MessageEventData {
  'message.accepted': {
    readonly messageId: string;
    readonly parts: readonly MessagePart[];
    readonly from?: string;
    /** True if it waits for a running turn. */
    readonly queued: boolean;
  };
  'message.rejected': { readonly messageId: string; readonly code: string };
}
