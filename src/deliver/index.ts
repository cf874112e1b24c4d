/** Delivery: follows session logs for a gateway's connections, and answers one-off questions. */
export type { Subscription, Delivery, Watcher } from './delivery.ts';
export { createDelivery } from './service.ts';
