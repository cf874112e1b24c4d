/** Delivery: follows session logs for the connections of a gateway, and answers what needs no following. */
export type { Subscription, Delivery, Watcher } from './delivery.ts';
export { createDelivery } from './service.ts';
