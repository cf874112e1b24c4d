/** Where operators of a tenant find a session besides the API. */
import { z } from 'zod';
import type { SessionLinks, SessionRef, SessionView } from '../contracts/index.ts';
import { viewReply } from './replies.ts';
import { describes } from './shapes.ts';

export type LinksOf = (ref: SessionRef) => SessionLinks;

const links = z.object({
  console: z.string().optional(),
  temporal: z.string().optional().meta({ description: 'Its workflow in Temporal’s Web UI.' }),
});

export const linkedViewReply = describes<SessionView & { readonly links?: SessionLinks }>()(
  viewReply.extend({ links: links.optional() }).meta({
    id: 'SessionWithLinks',
    description: 'The same, and addresses for people, as far as the deployment tells.',
  }),
);
