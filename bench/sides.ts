/** Both engines' gateways, as bare clients meet them. */
import type { BareClient } from './client.ts';
import type { Engine } from './engine.ts';
import type { Service } from './service.ts';
import type { Stage } from './stage.ts';

/** Of a tenant of the product in dev mode; the bare engine asks for none. */
export const KEY = 'dev';

export interface Side {
  readonly url: string;
  readonly gateway: Service;
  /** Where the gateway's inspector listens when asked to. */
  readonly inspector: number;
  readonly engine: Engine;
  /** Has the client follow a session. */
  follow(client: BareClient, session: string): Promise<void>;
}

export function sidesOf(stage: Stage): { readonly product: Side; readonly bare: Side } {
  return {
    product: {
      ...{ url: stage.productUrl, gateway: stage.productGateway, inspector: stage.gatewayInspector },
      engine: stage.product,
      async follow(client, session) {
        const answer = await client.ask('subscribe', { session });
        if (!answer.startsWith('[{"ok":true')) throw new Error(answer.slice(0, 200));
      },
    },
    bare: {
      ...{ url: stage.bareUrl, gateway: stage.bareGateway, inspector: stage.bareInspector },
      engine: stage.bare,
      async follow(client, session) {
        await client.ask('join', session);
      },
    },
  };
}
