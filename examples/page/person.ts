/** Acts in the name of a person who is not the page's own: over a connection with a token of hers, as her own browser would. */
import { connect, type Session } from '../../src/client/index.ts';
import type { Access, Person } from './access.ts';
import type { Place } from './place.ts';

type Act<T> = (session: Session) => Promise<T>;
/** Acts in the name of somebody. */
export type AsPerson = <T>(person: Person, act: Act<T>) => Promise<T>;

export function asPerson({ gateways, session }: Place, access: Access): AsPerson {
  return async ({ name, roles }, act) => {
    const person = { name, ...(roles && { roles }) };
    const client = connect({ url: gateways, token: () => access.tokenOf(person) });
    try {
      return await act(client.session(session));
    } finally {
      client.close();
    }
  };
}
