/** Admission of tenants that have limits: what they may send, before what their sessions may hold. A tenant without limits costs nothing. */
import { isConvokeError, RECOVERY, ConvokeError } from '../contracts/index.ts';
import type { Message, SessionRef, TenantLimits } from '../contracts/index.ts';
import { hasRates, LocalBuckets, rateLimited } from '../quota/index.ts';
import type { Asked, Buckets, Fleet, LimitsOf, Taken } from '../quota/index.ts';
import type { Admission, Admitted } from './admit.ts';
import { inTime } from './in-time.ts';

export interface LimitedDeps {
  readonly limitsOf: LimitsOf;
  readonly buckets: Buckets;
  readonly fleet: Pick<Fleet, 'gateways'>;
  /** Longest wait for Redis before the gateway's own share decides; default `RECOVERY.admitDeadlineMs`. */
  readonly deadlineMs?: number;
}

export function limited(admission: Admission, deps: LimitedDeps): Admission {
  return new LimitedAdmission(admission, deps);
}

function askedOf(ref: SessionRef, message: Pick<Message, 'messageId' | 'from'>, bytes = 0): Asked {
  const { messageId, from } = message;
  return { ...ref, messageId, bytes, ...(from !== undefined && { from }) };
}

class LimitedAdmission implements Admission {
  readonly #admission: Admission;
  readonly #deps: LimitedDeps;
  readonly #local = new LocalBuckets();

  constructor(admission: Admission, deps: LimitedDeps) {
    this.#admission = admission;
    this.#deps = deps;
  }

  async admit(ref: SessionRef, message: Message): Promise<Admitted> {
    const limits = this.#deps.limitsOf(ref.tenant);
    if (!hasRates(limits)) return this.#admission.admit(ref, message, limits);
    const counts = limits.messageBytesPerMinute !== undefined;
    const asked = askedOf(ref, message, counts ? Buffer.byteLength(JSON.stringify(message.parts)) : 0);
    const taken = await this.#take(limits, asked);
    if (typeof taken !== 'string') throw rateLimited(taken);
    // Only by whoever has it counted: a message that is sent twice is not to be free.
    const giveBack = async (): Promise<void> => {
      if (taken === 'fresh') await this.#giveBack(asked);
    };
    try {
      const admitted = await this.#admission.admit(ref, message, limits);
      if (admitted === 'held') await giveBack();
      return admitted;
    } catch (error) {
      await giveBack();
      throw error;
    }
  }

  async giveBack(ref: SessionRef, message: Pick<Message, 'messageId' | 'from'>): Promise<void> {
    const isCounted = hasRates(this.#deps.limitsOf(ref.tenant));
    await Promise.all([
      this.#admission.giveBack(ref, message),
      isCounted && this.#giveBack(askedOf(ref, message)),
    ]);
  }

  async #take(limits: TenantLimits, asked: Asked): Promise<Taken> {
    const { buckets, fleet, deadlineMs = RECOVERY.admitDeadlineMs } = this.#deps;
    const { gateways } = fleet;
    const late = (): Error => new ConvokeError('log_unavailable');
    try {
      const taken = await inTime(buckets.take(limits, asked), deadlineMs, late);
      this.#local.clear();
      return taken;
    } catch (error) {
      if (!isConvokeError(error) || error.code !== 'log_unavailable') throw error;
      return this.#local.take(limits, asked, gateways, performance.now());
    }
  }

  /** What cannot be given back comes back with time. */
  async #giveBack(asked: Asked): Promise<void> {
    await this.#deps.buckets.giveBack(asked).catch(() => undefined);
  }
}
