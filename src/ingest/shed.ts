/**
 * Load shedding. What workers cannot begin soon is refused before it is signalled, and costs next to nothing: what is accepted is answered
 * soon. It goes by what the turns of the message's own tenant wait for (`TurnWaits`): as tenants are served by turns, one that floods the
 * engine waits and is refused, and the others are not.
 */
import { ConvokeError, isConvokeError, LIMITS } from '../contracts/index.ts';
import type { Message, SessionRef, TenantLimits } from '../contracts/index.ts';
import type { TurnWait, TurnWaits } from '../quota/index.ts';
import type { Admission, Admitted } from './admit.ts';

type Waits = Pick<TurnWaits, 'of' | 'share'>;

/** Told when it begins to refuse messages of a tenant, with its wait, and when it has ended, with null. */
type Told = (tenant: string, wait: TurnWait | null) => void;

export function shedding(admission: Admission, waits: Waits, told: Told): Admission {
  return new SheddingAdmission(admission, waits, told);
}

interface Tokens {
  readonly left: number;
  readonly at: number;
}

class SheddingAdmission implements Admission {
  readonly #admission: Admission;
  readonly #waits: Waits;
  readonly #told: Told;
  /** Of tenants that wait too long. */
  readonly #tokens = new Map<string, Tokens>();
  /** The same for their answers to questions, which are let in beside the others. */
  readonly #answers = new Map<string, Tokens>();
  /** Tenants of which it has been told that they are refused. */
  readonly #refused = new Set<string>();

  constructor(admission: Admission, waits: Waits, told: Told) {
    this.#admission = admission;
    this.#waits = waits;
    this.#told = told;
  }

  async admit(...[ref, message, limits = {}]: Parameters<Admission['admit']>): Promise<Admitted> {
    const wait = this.#waits.of(ref.tenant);
    if (!wait) this.#over(ref.tenant);
    // Events of channels start no turn.
    if (!wait || message.channel !== undefined) return this.#admission.admit(ref, message, limits);
    const isAnswer = message.answers !== undefined;
    const tokens = isAnswer ? this.#answers : this.#tokens;
    const isPaced = wait.waitMs > LIMITS.turnWaitMs / 2;
    if (isPaced && !this.#take(tokens, ref.tenant, wait)) throw this.#overloaded(ref, wait);
    try {
      // An answer lets a turn go on that others wait for.
      if (isAnswer) return await this.#admission.admit(ref, message, limits);
      return await this.#within(ref, message, { limits, wait });
    } catch (error) {
      // What its session or a limit refuses takes nothing from the others.
      if (isPaced) giveToken(tokens, ref.tenant);
      throw error;
    }
  }

  async #within(
    ref: SessionRef,
    message: Message,
    { limits, wait }: { readonly limits: Pick<TenantLimits, 'waitingMessages'>; readonly wait: TurnWait },
  ): Promise<Admitted> {
    const most = mostWaiting(wait);
    const { waitingMessages = LIMITS.inboxMessages } = limits;
    if (waitingMessages <= most) return this.#admission.admit(ref, message, limits);
    try {
      return await this.#admission.admit(ref, message, { waitingMessages: most });
    } catch (error) {
      throw isConvokeError(error) && error.code === 'inbox_full' ? this.#overloaded(ref, wait) : error;
    }
  }

  #over(tenant: string): void {
    for (const tokens of [this.#tokens, this.#answers]) tokens.delete(tenant);
    if (this.#refused.delete(tenant)) this.#told(tenant, null);
  }

  #overloaded({ tenant }: SessionRef, wait: TurnWait): ConvokeError {
    if (!this.#refused.has(tenant)) {
      this.#refused.add(tenant);
      this.#told(tenant, wait);
    }
    return overloaded(wait);
  }

  giveBack(...[ref, message]: Parameters<Admission['giveBack']>): Promise<void> {
    return this.#admission.giveBack(ref, message);
  }

  /**
   * From half of the bound on as many are let in as turns begin, fewer the longer they wait, so that the wait stays below it; and some at any
   * time, so that who sends little does not notice. What is known of the wait is as old as the wait: it must be corrected slowly, or there
   * would be nothing to do before it is known.
   */
  #take(of: Map<string, Tokens>, tenant: string, { waitMs, turnsPerSecond }: TurnWait): boolean {
    const bound = LIMITS.turnWaitMs / 2;
    const share = Math.min(1, Math.max(LIMITS.shedLeastShare, 1 - (waitMs - bound) / (4 * bound)));
    const perSecond = Math.max(1, turnsPerSecond * share * this.#waits.share);
    const burst = Math.max(LIMITS.shedBurst, perSecond);
    const now = performance.now();
    const { left, at } = of.get(tenant) ?? { left: burst, at: now };
    const tokens = Math.min(burst, left + ((now - at) * perSecond) / 1_000);
    const taken = tokens >= 1;
    of.set(tenant, { left: taken ? tokens - 1 : tokens, at: now });
    return taken;
  }
}

function giveToken(of: Map<string, Tokens>, tenant: string): void {
  const tokens = of.get(tenant);
  if (tokens) of.set(tenant, { ...tokens, left: tokens.left + 1 });
}

/**
 * The turns of a session wait one after the other, each from the end of the one before, which takes longer than usual, too: so many that the
 * last one begins within `LIMITS.turnWaitMs` or soon after.
 */
function mostWaiting({ waitMs }: TurnWait): number {
  return Math.max(1, Math.floor(LIMITS.turnWaitMs / (4 * waitMs)));
}

/** All who are refused come back at another moment. */
function overloaded({ waitMs }: TurnWait): ConvokeError {
  const pauseMs = Math.min(Math.max(LIMITS.shedRetryLeastMs, waitMs), LIMITS.shedRetryMostMs);
  const retryAfterMs = Math.round(pauseMs * (0.5 + Math.random()));
  const detail = `Turns of the tenant wait ${(waitMs / 1_000).toFixed(1)} s for a worker. Send the same message again after the given time.`;
  return new ConvokeError('overloaded', detail, { retryAfterMs });
}
