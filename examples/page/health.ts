/** Which part of the engine is away, from what the gateway says about its readiness and, in development, from the supervisor. */

type Part = 'temporal' | 'redis' | 'worker' | 'gateway';

/** What it means for whoever writes. */
const MEANS: Readonly<Record<Part, string>> = {
  temporal: 'Temporal is away. What you send is kept here, and sent when it is back.',
  redis: 'Redis is away. Messages are safe; what is said is shown when it is back.',
  worker: 'No worker is running. Messages are safe, and answered when one is back.',
  gateway: 'The gateway does not answer. What you send is kept here, and sent when it is back.',
};

/** How often it is asked: usually, and while something is away, ms. */
const EVERY_MS = 5_000;
const AWAY_MS = 1_000;

interface Readiness {
  readonly checks?: Readonly<Record<string, string>>;
}

export class Health {
  readonly #show: (text: string) => void;
  readonly #base: () => string;
  /** The gateway's report. */
  #reported: readonly Part[] = [];
  /** What others say is away. */
  readonly #told = new Map<Part, boolean>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `show` gets the text of the banner, empty if all is well. */
  constructor(base: () => string, show: (text: string) => void) {
    this.#base = base;
    this.#show = show;
    document.addEventListener('visibilitychange', () => void this.#ask());
    void this.#ask();
  }

  /** Somebody else knows that a part is away, or back. */
  tell(part: Part, isAway: boolean): void {
    if ((this.#told.get(part) ?? false) === isAway) return;
    this.#told.set(part, isAway);
    this.#draw();
    if (isAway) void this.#ask();
  }

  async #ask(): Promise<void> {
    clearTimeout(this.#timer);
    if (document.visibilityState === 'visible') {
      this.#reported = await report(this.#base());
      this.#draw();
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#ask(), this.#away().length > 0 ? AWAY_MS : EVERY_MS);
  }

  #away(): readonly Part[] {
    const told = [...this.#told].filter(([, isAway]) => isAway).map(([part]) => part);
    return told.includes('gateway') ? ['gateway'] : [...new Set([...this.#reported, ...told])];
  }

  #draw(): void {
    this.#show(
      this.#away()
        .map((part) => MEANS[part])
        .join(' '),
    );
  }
}

/** What a gateway reports as away. One that does not answer says nothing: the connection tells of that. */
async function report(base: string): Promise<readonly Part[]> {
  try {
    const { checks = {} } = (await (await fetch(`${base}/readyz`)).json()) as Readiness;
    return (['temporal', 'redis'] as const).filter((part) => (checks[part] ?? 'ok') !== 'ok');
  } catch {
    return [];
  }
}
