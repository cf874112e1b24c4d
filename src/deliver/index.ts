/** Delivery: follows session logs for a gateway's connections, answers one-off questions, and knows who is present. */
export type { Subscription, Delivery, Watcher } from './delivery.ts';
export { createDelivery } from './service.ts';
export { createPresence } from './presence/presence.ts';
export type { Presence } from './presence/presence.ts';
