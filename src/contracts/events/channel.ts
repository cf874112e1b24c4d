/** Events of the application: messages that no agent answers. */
import type { Message } from '../message.ts';

export interface ChannelEventData {
  /** `to`: of a direct message, those who are told what it says, beside its sender (`from`). Others get it withheld. */
  'channel.published': Pick<Message, 'messageId' | 'parts' | 'from' | 'to'> & { readonly channel: string };
}

/** All that others than sender and recipients are told of a direct message: that there is one at this place. */
export interface Withheld {
  readonly withheld: true;
}
