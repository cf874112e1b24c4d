/** What each route and each request of a socket takes: a new one has to be written down here. */
import type { SocketRequestName } from '../../src/contracts/index.ts';
import { SCOPES } from '../../src/tenants/index.ts';
import type { Scope } from '../../src/tenants/index.ts';

/** What a request takes: a scope, or a key of the tenant. */
type Need = Scope | 'key';

/** Of each operation in the API's description; `all`: it is about all sessions of the tenant. */
export const ROUTES: Readonly<Record<string, Need | `all ${Scope}`>> = {
  ...{
    openSession: 'all operate',
    listSessions: 'all operate',
    getSession: 'watch',
    closeSession: 'operate',
  },
  ...{ cancelTurn: 'cancel', wakeTurn: 'send', changeMembers: 'operate', reopenSession: 'operate' },
  ...{
    forkSession: 'operate',
    listApprovals: 'watch',
    vote: 'approve',
    sendMessage: 'send',
    getMessage: 'watch',
  },
  ...{
    listScheduled: 'watch',
    cancelScheduled: 'cancel',
    listEvents: 'watch',
    streamEvents: 'watch',
    createTicket: 'watch',
    storeFile: 'send',
    readFile: 'watch',
  },
  ...{ getTimeline: 'watch', getPresence: 'watch', setRead: 'watch', publish: 'send', kick: 'operate' },
  giveFeedback: 'send',
  ...{ createSchedule: 'all operate', listSchedules: 'all operate', pauseSchedule: 'all operate' },
  ...{ resumeSchedule: 'all operate', triggerSchedule: 'all operate', removeSchedule: 'all operate' },
  mintToken: 'key',
  ...{ eraseSession: 'key', exportSession: 'operate', decodePayloads: 'all operate' },
  getUsage: 'all operate',
};

/** Of each request of a socket. `unsubscribe` and `renew` are about the socket itself. */
export const REQUESTS: Readonly<Record<SocketRequestName, Need | `all ${Scope}` | 'own'>> = {
  ...{
    open: 'all operate',
    subscribe: 'watch',
    unsubscribe: 'own',
    send: 'send',
    receipt: 'watch',
    timeline: 'watch',
  },
  ...{ cancel: 'cancel', wake: 'send', close: 'operate', reopen: 'operate', members: 'operate' },
  ...{ fork: 'operate', approve: 'approve', approvals: 'watch', scheduled: 'watch', unschedule: 'cancel' },
  ...{
    state: 'watch',
    schedules: 'all operate',
    createSchedule: 'all operate',
    changeSchedule: 'all operate',
  },
  ...{ presence: 'watch', typing: 'send', read: 'watch', publish: 'send', feedback: 'send' },
  renew: 'own',
};

/** What else is in a request of a socket. */
export const BODIES: Partial<Record<SocketRequestName, object>> = {
  ...{
    send: { messageId: 'm', text: 'x' },
    receipt: { messageId: 'm' },
    timeline: { messageId: 'm' },
    unschedule: { messageId: 'm' },
  },
  ...{
    members: { join: { person: 'bob' } },
    typing: { on: true },
    read: { seq: 1 },
    publish: { channel: 'c', data: 1 },
    feedback: { turn: 't1', thumb: 'up' },
    approve: { approval: 't1.1', vote: 'approve', hash: 'h', by: 'x' },
  },
};

/** It is about one session. */
export const isSession = ({ need }: { readonly need: string }): boolean =>
  (SCOPES as readonly string[]).includes(need);
export const scopeOf = (need: string): Scope | undefined => SCOPES.find((each) => need.endsWith(each));
