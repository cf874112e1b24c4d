/** Who is present in a session, how far people have read, and who may not come back: beside its log, in the same slot. */
import { isPresentMember, LIMITS } from '../contracts/index.ts';
import type { KickNotice, PresentMember, SessionRef } from '../contracts/index.ts';
import type { Commands } from './connect.ts';
import { logUnavailable } from './failure.ts';
import { logKeys } from './keys.ts';
import { scriptsBeside } from './scripts.ts';

/** Names a member: its gateway and its connection. */
export function memberField({ gateway, connection }: Pick<PresentMember, 'gateway' | 'connection'>): string {
  return `${gateway}:${connection}`;
}

export interface PresentList {
  /** Grows with each change; 0: there is no list. */
  readonly revision: number;
  /** In no order. */
  readonly members: readonly PresentMember[];
}

/** All calls throw `log_unavailable` while Redis is away, and may be repeated. */
export interface PresenceRows {
  /** Adds a member, or replaces it, and tells the followers. False: as many are present as can be. */
  put(ref: SessionRef, member: PresentMember): Promise<boolean>;
  /** Removes a member, and tells the followers. */
  remove(ref: SessionRef, member: Pick<PresentMember, 'gateway' | 'connection'>): Promise<void>;
  /** Makes these the members of a gateway; `told`: followers are to read the list again, whether or not that changes it. */
  state(ref: SessionRef, gateway: string, members: readonly PresentMember[], told?: boolean): Promise<void>;
  read(ref: SessionRef): Promise<PresentList>;
  /** Removes members of gateways that are gone, if the list has not changed since that revision; followers know by themselves. */
  forget(ref: SessionRef, revision: number, members: readonly PresentMember[]): Promise<void>;
  /** Moves read positions forward, and tells the followers. */
  advance(ref: SessionRef, reads: ReadonlyMap<string, number>): Promise<void>;
  /** By subject. */
  reads(ref: SessionRef): Promise<Readonly<Record<string, number>>>;
  /** Tells the followers that a subject is removed, and keeps that for `forMs`. */
  kick(ref: SessionRef, kick: Omit<KickNotice, 'kind'>): Promise<void>;
  /** Who may not come back, and for how many ms. */
  kicks(ref: SessionRef): Promise<ReadonlyMap<string, number>>;
}

export function createPresenceRows(redis: Commands): PresenceRows {
  const script = scriptsBeside(import.meta.url, redis);
  const [change, state, forget] = [
    script('change-member-2'),
    script('state-members-2'),
    script('forget-members-1'),
  ];
  const [advance, kick, readKicks] = [script('advance-reads-2'), script('kick-2'), script('read-kicks-1')];
  const { present: most, presenceTtlMs: ttl } = LIMITS;
  const hash = (key: string): Promise<Record<string, string>> =>
    redis.hgetall(key).catch((error: unknown) => {
      throw logUnavailable(error);
    });
  return {
    async put(ref, member) {
      const { present, channel } = logKeys(ref);
      const reply = await change(present, channel, memberField(member), JSON.stringify(member), most, ttl);
      return (reply as string[])[0] !== 'full'; // safety: see the script
    },
    async remove(ref, member) {
      const { present, channel } = logKeys(ref);
      await change(present, channel, memberField(member), '', most, ttl);
    },
    async state(ref, gateway, members, told = false) {
      const { present, channel } = logKeys(ref);
      const flat = members.flatMap((member) => [memberField(member), JSON.stringify(member)]);
      await state(present, channel, gateway, ttl, told ? 1 : 0, ...flat);
    },
    async read(ref) {
      const { '#': revision = '0', ...rows } = await hash(logKeys(ref).present);
      return { revision: Number(revision), members: Object.values(rows).flatMap(memberIn) };
    },
    async forget(ref, revision, members) {
      await forget(logKeys(ref).present, revision, ...members.map(memberField));
    },
    async advance(ref, reads) {
      const { reads: key, channel } = logKeys(ref);
      await advance(key, channel, LIMITS.readsTtlMs, LIMITS.reads, ...[...reads].flat());
    },
    async reads(ref) {
      const rows = await hash(logKeys(ref).reads);
      return Object.fromEntries(Object.entries(rows).map(([subject, seq]) => [subject, Number(seq)]));
    },
    async kick(ref, { subject, forMs }) {
      const { kicks, channel } = logKeys(ref);
      const note: KickNotice = { kind: 'kicked', subject, forMs };
      await kick(kicks, channel, subject, forMs, LIMITS.kicks, JSON.stringify(note));
    },
    async kicks(ref) {
      const flat = (await readKicks(logKeys(ref).kicks)) as (string | number)[]; // safety: see the script
      const found = new Map<string, number>();
      for (let index = 0; index < flat.length; index += 2)
        found.set(String(flat[index]), Number(flat[index + 1]));
      return found;
    },
  };
}

/** Another version may have written something else. */
function memberIn(json: string): readonly PresentMember[] {
  try {
    const member: unknown = JSON.parse(json);
    return isPresentMember(member) ? [member] : [];
  } catch {
    return [];
  }
}
