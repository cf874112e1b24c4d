/** Admission of tenants that have limits: what they may send, before what their sessions may hold. A tenant without limits costs nothing. */
import { APPLICATION } from '../contracts/index.ts';
import type { Message, SessionRef } from '../contracts/index.ts';
import { hasRates, rateLimited } from '../quota/index.ts';
import type { Asked } from '../quota/index.ts';
import type { Admission, Admitted } from './admit.ts';
import type { Rates } from './rates.ts';

export function limited(admission: Admission, rates: Rates): Admission {
  return new LimitedAdmission(admission, rates);
}

type Sent = Parameters<Admission['giveBack']>[1];

function askedOf(ref: SessionRef, message: Sent, bytes = 0): Asked {
  const from = senderOf(message);
  return { ...ref, messageId: message.messageId, bytes, ...(from !== undefined && { from }) };
}

/** Feedback is sent by whoever gives it. */
function senderOf({ from, feedback }: Sent): string | undefined {
  const by = from ?? feedback?.by;
  return by === APPLICATION ? from : by;
}

class LimitedAdmission implements Admission {
  readonly #admission: Admission;
  readonly #rates: Rates;

  constructor(admission: Admission, rates: Rates) {
    this.#admission = admission;
    this.#rates = rates;
  }

  async admit(ref: SessionRef, message: Message): Promise<Admitted> {
    const limits = this.#rates.limitsOf(ref.tenant);
    if (!hasRates(limits)) return this.#admission.admit(ref, message, limits);
    const counts = limits.messageBytesPerMinute !== undefined;
    const asked = askedOf(
      ref,
      message,
      counts ? Buffer.byteLength(JSON.stringify(message.feedback ?? message.parts)) : 0,
    );
    const taken = await this.#rates.take(limits, asked);
    if (typeof taken !== 'string') throw rateLimited(taken);
    // Only by whoever has it counted: a message that is sent twice is not to be free.
    const giveBack = async (): Promise<void> => {
      if (taken === 'fresh') await this.#rates.giveBack(asked);
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

  async giveBack(ref: SessionRef, message: Sent): Promise<void> {
    const isCounted = hasRates(this.#rates.limitsOf(ref.tenant));
    await Promise.all([
      this.#admission.giveBack(ref, message),
      isCounted && this.#rates.giveBack(askedOf(ref, message)),
    ]);
  }
}
