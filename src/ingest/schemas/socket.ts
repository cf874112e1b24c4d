/** Requests that exist only on sockets; the others use the schemas of the resources. */
import { z } from 'zod';
import { cursorSchema } from './events.ts';
import { idSchema } from './common.ts';

/** A session and nothing else. */
export const sessionSchema = z.strictObject({ session: idSchema });
/** What is wrong with a token is told by whoever verifies it. */
export const renewSchema = z.strictObject({ token: z.string() });

export const subscribeSchema = z.strictObject({ session: idSchema, cursor: cursorSchema.exactOptional() });

export const receiptSchema = z.strictObject({ session: idSchema, messageId: idSchema });
