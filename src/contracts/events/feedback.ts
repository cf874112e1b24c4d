import type { Feedback } from '../feedback.ts';

export interface FeedbackEventData {
  /** `messageId`: one that Convoke has made, by which it counts once. If it is `private`, others get it withheld. */
  'feedback.given': Feedback & { readonly messageId: string };
}
