/**
 * Erases sessions and tenants everywhere. What is to be erased is noted first: from then on no gateway serves it, and another process goes on if this
 * one stops; each part may be repeated. After a while everything is looked for once more: somebody who had read a session before may have begun a workflow for it.
 */
import { createHash } from 'node:crypto';
import { ConvokeError, isConvokeError, LIMITS } from '../contracts/index.ts';
import type { SessionRef } from '../contracts/index.ts';
import { actorOf, allowKey, allowOperator } from '../tenants/index.ts';
import type {
  ApiKey,
  Erasure,
  Erasures,
  Page,
  Principal,
  Registry,
  Removed,
  Tenant,
} from '../tenants/index.ts';
import type { TemporalErasure } from '../temporal/index.ts';
import { refOf } from './acting.ts';
import { invalidAt } from './json-guard.ts';
import { idSchema } from './schemas/index.ts';

/** Where sessions are. Every call may be repeated. */
export interface ErasePlaces {
  readonly archive: {
    erase(ref: SessionRef): Promise<{ readonly events: number; readonly states: number }>;
    sessionsOf(tenant: string, after: string, limit: number): Promise<readonly string[]>;
    closedBefore(tenant: string, at: number, limit: number): Promise<readonly string[]>;
  };
  readonly log: (ref: SessionRef) => Promise<{ readonly events: number; readonly keys: number }>;
  readonly temporal: TemporalErasure;
  /** Absent: nothing is sealed. */
  readonly keys?: { destroy(tenant: string): Promise<number> } | undefined;
  /** Absent: sessions have no files. */
  readonly files?:
    | { removeSession(ref: SessionRef): Promise<number>; removeTenant(tenant: string): Promise<number> }
    | undefined;
}

export interface EraseDeps {
  readonly erasures: Erasures;
  readonly registry: Pick<
    Registry,
    'note' | 'tenant' | 'tenants' | 'createTenant' | 'changeTenant' | 'keys' | 'revokeKey'
  >;
  readonly places: ErasePlaces;
  /** See `OpenDeps`. */
  readonly takeOperation?: (by: Principal) => Promise<void>;
  /** Makes this gateway know of what was written to the registry; others learn of it by themselves. */
  readonly refresh?: () => Promise<void>;
  /** Has there ever been such a session? */
  readonly exists: (ref: SessionRef) => Promise<boolean>;
  /** Does its workflow run? The archive may not know yet that a closed session was reopened. Absent: none runs. */
  readonly isRunning?: (ref: SessionRef) => Promise<boolean>;
}

/** The answer to whoever has something erased. */
export interface ErasureReply {
  readonly tenant: string;
  readonly session?: string;
  /** `erasing`: it goes on by itself; ask again. */
  readonly status: 'erasing' | 'erased';
  /** ms since the Unix epoch. */
  readonly at: number;
  readonly removed: Removed;
}

export interface Eraser {
  /** Throws `session_not_found`, `forbidden`, and what the places throw: then it goes on by itself, and may be asked again. */
  session(principal: Principal, session: unknown): Promise<ErasureReply>;
  /** The same for all of a tenant, which is suspended first. */
  tenant(principal: Principal, tenant: unknown): Promise<ErasureReply>;
  /** Goes on with what others have begun; returns how many there were. */
  sweep(): Promise<number>;
  /** Erases some of the sessions that were closed longer ago than their tenants keep them; returns how many. */
  retain(): Promise<number>;
}

export function createEraser(deps: EraseDeps): Eraser {
  return new Erasing(deps);
}

function sum(one: Removed, other: Removed): Removed {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return Object.fromEntries([...names].map((name) => [name, (one[name] ?? 0) + (other[name] ?? 0)]));
}

/** What a pass has removed so far. */
class Found {
  counts: Removed = {};

  add(more: Removed): void {
    this.counts = sum(this.counts, more);
  }
}

/** One after the other; one that fails holds up no other, and then rejects with what the first has failed with. */
async function ofEach<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const failures: unknown[] = [];
  for (const item of items) await work(item).catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}

function replyOf({ tenant, session, at, removed, passes }: Erasure): ErasureReply {
  const status = passes > 0 ? 'erased' : 'erasing';
  return { tenant, ...(session !== null && { session }), status, at, removed };
}

class Erasing implements Eraser {
  readonly #deps: EraseDeps;

  constructor(deps: EraseDeps) {
    this.#deps = deps;
  }

  async session(principal: Principal, session: unknown): Promise<ErasureReply> {
    allowKey(principal, 'operate');
    const ref = refOf(principal, session, 'operate');
    await this.#deps.takeOperation?.(principal);
    const known = await this.#deps.erasures.find(ref.tenant, ref.session);
    if (!known && !(await this.#deps.exists(ref)))
      throw new ConvokeError('session_not_found', 'There is nothing to erase.');
    return replyOf(await this.#run({ ...ref, actor: actorOf(principal) }));
  }

  async tenant(principal: Principal, tenant: unknown): Promise<ErasureReply> {
    allowOperator(principal);
    const id = idSchema.safeParse(tenant);
    if (!id.success) throw invalidAt(['path', 'id'], 'an id is 1 to 64 characters of A-Z a-z 0-9 _ -.');
    const anew = (await this.#known(id.data))?.status === 'active';
    return replyOf(await this.#run({ tenant: id.data, session: null, actor: actorOf(principal) }, anew));
  }

  async sweep(): Promise<number> {
    const now = Date.now();
    const due = await this.#deps.erasures.take(now, now + LIMITS.eraseLeaseMs, LIMITS.erasuresAtOnce);
    await ofEach(due, (erasure) => this.#go(erasure));
    return due.length;
  }

  async retain(): Promise<number> {
    const { registry, places } = this.#deps;
    const failures: unknown[] = [];
    let erased = 0;
    for (let cursor: string | null = ''; cursor !== null;) {
      const page = await registry.tenants(cursor === '' ? {} : { cursor });
      for (const { id: tenant, limits } of page.data) {
        if (limits.retentionDays === undefined) continue;
        const before = Date.now() - limits.retentionDays * LIMITS.dayMs;
        const ids = await places.archive.closedBefore(tenant, before, LIMITS.retainedAtOnce);
        await ofEach(ids, async (session) => {
          if (await this.#deps.isRunning?.({ tenant, session })) return;
          await this.#run({ tenant, session, actor: 'retention' });
          erased += 1;
        }).catch((error: unknown) => failures.push(error));
      }
      cursor = page.next;
    }
    if (failures.length > 0) throw failures[0];
    return erased;
  }

  /** `anew`: of a tenant that may have been erased and resumed before. */
  async #run(asked: Pick<Erasure, 'tenant' | 'session' | 'actor'>, anew = false): Promise<Erasure> {
    const at = Date.now();
    const dueAt = at + LIMITS.eraseLeaseMs;
    const erasure = await this.#deps.erasures.begin({ ...asked, at }, { dueAt, anew });
    // It is noted: who serves something of it meanwhile learns of it within `LIMITS.registryMs`, too.
    await this.#deps.refresh?.().catch(() => undefined);
    return this.#go(erasure);
  }

  /** One pass, however often there was one before. */
  async #go(erasure: Erasure): Promise<Erasure> {
    const { session } = erasure;
    const found = new Found();
    const whole = await this.#pass(erasure, found);
    const removed = sum(erasure.removed, found.counts);
    const passes = erasure.passes + (whole ? 1 : 0);
    const done = { ...erasure, removed, passes };
    const late = Object.values(found.counts).some((count) => count > 0);
    if (whole && (erasure.passes === 0 || late)) await this.#tell(done);
    // Once more, until nothing comes any more, and nobody can have a tenant's data key any more; one with many sessions goes on soon.
    const later = session === null ? LIMITS.sealKeyMostMs : LIMITS.eraseAgainMs;
    const again = whole ? later : 0;
    const isOver = erasure.passes > 0 && whole && !late;
    await this.#deps.erasures.note(erasure, { removed, passes, dueAt: isOver ? null : Date.now() + again });
    return done;
  }

  /** True: all of it was looked for. What was removed before something failed is noted: the proof tells of it, too. */
  async #pass(erasure: Erasure, found: Found): Promise<boolean> {
    const { tenant, session, actor, passes } = erasure;
    try {
      if (session === null) return await this.#tenant(tenant, actor, found);
      await this.#session({ tenant, session }, found);
      return true;
    } catch (error) {
      const removed = sum(erasure.removed, found.counts);
      const dueAt = Date.now() + LIMITS.eraseLeaseMs;
      await this.#deps.erasures.note(erasure, { removed, passes, dueAt }).catch(() => undefined);
      throw error;
    }
  }

  /** First of all nothing can be written any more, then nothing runs any more. */
  async #session(ref: SessionRef, found: Found): Promise<void> {
    const { archive, log, temporal, files } = this.#deps.places;
    const { events, states } = await archive.erase(ref);
    found.add({ events, states });
    const logged = await log(ref);
    found.add({ logEvents: logged.events, logKeys: logged.keys });
    found.add({ schedules: await temporal.schedules(ref.tenant, ref.session) });
    found.add({ runs: await temporal.runs(ref) });
    found.add({ files: (await files?.removeSession(ref)) ?? 0 });
  }

  /** Some of its sessions; true: there was none left, and so all else of it is gone, too. */
  async #tenant(tenant: string, actor: string, found: Found): Promise<boolean> {
    const { archive, temporal, files, keys } = this.#deps.places;
    await this.#suspend(tenant, actor);
    const archived = await archive.sessionsOf(tenant, '', LIMITS.erasedAtOnce);
    const running = (await temporal.sessions(tenant)).slice(0, LIMITS.erasedAtOnce);
    const sessions = [...new Set([...archived, ...running])];
    // Told first.
    found.add({ sessions: 0 });
    await ofEach(sessions, async (session) => {
      await this.#session({ tenant, session }, found);
      found.add({ sessions: 1 });
    });
    if (archived.length === LIMITS.erasedAtOnce || running.length === LIMITS.erasedAtOnce) return false;
    found.add({ schedules: await temporal.schedules(tenant) });
    found.add({ apiKeys: await this.#revoke(tenant, actor) });
    found.add({ files: (await files?.removeTenant(tenant)) ?? 0 });
    found.add({ dataKeys: (await keys?.destroy(tenant)) ?? 0 });
    return true;
  }

  /** Nobody acts for it meanwhile, or afterwards. */
  async #suspend(id: string, actor: string): Promise<void> {
    const { registry, refresh } = this.#deps;
    const act = { actor, at: Date.now() };
    const known = await this.#known(id);
    if (known?.status === 'suspended') return;
    // One of CONVOKE_KEYS may not be in the registry; its keys are refused, too, once it is suspended there.
    if (!known) await registry.createTenant({ id, name: id, limits: {} }, act);
    await registry.changeTenant(id, { status: 'suspended', name: id }, act);
    await refresh?.();
  }

  /** Null: it is not in the registry. */
  async #known(tenant: string): Promise<Tenant | null> {
    return this.#deps.registry.tenant(tenant).catch((error: unknown) => {
      if (isConvokeError(error) && error.code === 'tenant_not_found') return null;
      throw error;
    });
  }

  async #revoke(tenant: string, actor: string): Promise<number> {
    const { registry } = this.#deps;
    let revoked = 0;
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: Page<ApiKey> = await registry.keys({ tenant, ...(cursor !== '' && { cursor }) });
      const live = page.data.filter(({ revokedAt }) => revokedAt === null);
      for (const { id } of live) await registry.revokeKey(id, { actor, at: Date.now() });
      revoked += live.length;
      cursor = page.next;
    }
    return revoked;
  }

  /** The proof: who, when, how many of what. The digest is of all of it, so that a copy that was handed out can be compared. */
  async #tell({ tenant, session, actor, at, removed, passes }: Erasure): Promise<void> {
    const proof = { tenant, session, actor, at, removed };
    const digest = createHash('sha256').update(JSON.stringify(proof)).digest('hex');
    await this.#deps.registry.note([
      {
        ...{ id: `erase:${tenant}:${session ?? ''}:${at}:${passes}`, at: Date.now(), actor, tenant },
        ...{ action: session === null ? 'tenant.erase' : 'session.erase', target: session ?? tenant },
        detail: { askedAt: at, removed, digest },
      },
    ]);
  }
}
