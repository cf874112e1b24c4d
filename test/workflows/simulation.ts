/**
 * A session without Temporal and Redis: the machine, a log that may be lost, an archive, and the glue of the workflow in a form in which
 * every step of it can be interleaved with anything else, and every report can be late or lost.
 */
import type { EventDraft, LoggedEvent, Report } from '../../src/contracts/index.ts';
import { endsTurn, eventId } from '../../src/contracts/index.ts';
import { assemble } from '../../src/log/index.ts';
import type { RunningTurn } from '../../workflows/session-machine.ts';
import { SessionMachine } from '../../workflows/session-machine.ts';
import { FakeLog, INPUT, message } from './support.ts';

/** A publish of the main loop that has not been heard of. */
interface Publish {
  readonly drafts: readonly EventDraft[];
  readonly reconcile: boolean;
  report: Report | null;
}

interface Step {
  readonly running: RunningTurn;
  readonly step: string;
  readonly lead: readonly EventDraft[];
  readonly last: boolean;
  report: Report | null;
}

const AGENTS = INPUT.info.agents.map((agent) => agent.name);

export class Simulation {
  machine = new SessionMachine(INPUT, 0);
  readonly log = new FakeLog();
  readonly archive: LoggedEvent[] = [];
  readonly accepted = new Set<string>();
  now = 0;
  #publish: Publish | null = null;
  #step: Step | null = null;

  send(messageId: string): void {
    this.machine.accept(message(messageId), (this.now += 1));
    if (this.machine.receipt(messageId)?.turn !== undefined) this.accepted.add(messageId);
  }

  cancel(turn: string | undefined): void {
    this.machine.cancel(turn, (this.now += 1));
    if (this.machine.running?.cancelled) this.#stopTurn();
  }

  close(): void {
    this.machine.close('requested');
  }

  /** The main loop acts, if it has something to do and does not wait for a publish. */
  act(): void {
    const { machine } = this;
    if (this.#publish) return;
    const mustPublish = machine.running ? machine.running.step !== null : !machine.hasMessage;
    if (machine.facts.mustReconcile || (machine.facts.hasDrafts && mustPublish)) {
      const reconcile = machine.facts.mustReconcile;
      this.#publish = { drafts: machine.facts.takeDrafts(), reconcile, report: null };
    } else if (machine.running === null && machine.hasMessage) {
      this.#nextStep(machine.startTurn((this.now += 1)));
    } else if (machine.closing) {
      machine.finish((this.now += 1));
    }
  }

  /** The publish reaches the log. */
  publishLands(): void {
    const publish = this.#publish;
    if (!publish) return;
    publish.report = this.#append(publish.drafts, publish.reconcile);
  }

  /** The workflow hears of it; if it never landed, it is tried again. */
  publishReports(): void {
    const publish = this.#publish;
    if (!publish?.report) return;
    this.#publish = null;
    this.machine.report(publish.report, publish.reconcile);
  }

  /** The running step begins, and commits if it should; what it reports is not heard yet. */
  stepLands(commits: boolean): void {
    const step = this.#step;
    if (!step) return;
    this.#append(step.lead);
    if (!commits) return;
    const { turn, cause } = step.running;
    const place = { at: (this.now += 1), turn, cause };
    const ended = this.log.events.some((event) => event.id === eventId.stepEnded(step.step));
    const made: EventDraft[] = [
      {
        ...place,
        id: eventId.stepEnded(step.step),
        type: 'step.completed',
        step: step.step,
        data: { text: 'said' },
      },
    ];
    if (step.last && !ended)
      made.push({ ...place, id: eventId.turnEnded(turn), type: 'turn.completed', data: {} });
    step.report = this.log.append(step.lead, made);
    const turnEnd = this.log.events.find((event) => event.id === eventId.turnEnded(turn));
    if (turnEnd) step.report = { ...step.report, events: [...step.report.events, turnEnd] };
  }

  stepReports(): void {
    const step = this.#step;
    if (!step?.report) return;
    this.#step = null;
    this.machine.report(step.report);
    if (step.running.end) this.machine.finishTurn();
    else this.#nextStep(step.running);
  }

  /** Every attempt was lost with its worker; the last may have committed. */
  stepLost(): void {
    const step = this.#step;
    if (!step) return;
    this.#step = null;
    const { running } = step;
    this.machine.facts.returnDrafts(step.lead);
    const failure = { code: 'worker_lost', message: 'lost' };
    this.machine.endStep(running, 'step.failed', { ...failure, text: '' }, (this.now += 1));
    const report = this.#publishNow();
    const end = report.events.find((event) => event.step === step.step);
    if (end?.type === 'step.completed' && !step.last) {
      this.#nextStep(running);
      return;
    }
    if (!running.end) {
      this.machine.endTurn(running, 'turn.failed', failure, this.now);
      this.#publishNow();
    }
    this.machine.finishTurn();
  }

  /** The log is lost and built anew from the archive and what the workflow knows. */
  loseLog(): void {
    const { archivedTo, events, pending } = this.machine.events();
    const archived = this.archive.filter((event) => event.seq <= archivedTo);
    this.log.rebuild([...archived, ...assemble(archivedTo, events, pending)]);
  }

  /** The run ends and the next begins, if it may. */
  continueAsNew(): void {
    if (!this.machine.atRest || this.#publish) return;
    this.#archive();
    this.machine = new SessionMachine({ ...INPUT, carried: this.machine.carry() }, this.now);
  }

  /** Lets everything come to its end, closes, and archives. */
  drain(): void {
    this.close();
    while (!this.machine.closed || this.machine.facts.hasDrafts || this.machine.facts.mustReconcile) {
      this.act();
      this.publishLands();
      this.publishReports();
      this.stepLands(true);
      this.stepReports();
    }
    this.#archive();
  }

  #nextStep(running: RunningTurn): void {
    if (running.cancelled) {
      this.#endCancelled(running);
      return;
    }
    const last = running.steps === AGENTS.length - 1;
    const step = this.machine.startStep(running, AGENTS[running.steps] ?? '', this.now);
    this.#step = { running, step, lead: this.machine.facts.takeDrafts(), last, report: null };
  }

  #stopTurn(): void {
    const step = this.#step;
    if (!step) return;
    this.#step = null;
    this.machine.facts.returnDrafts(step.lead);
    this.#endCancelled(step.running);
  }

  #endCancelled(running: RunningTurn): void {
    const reason = 'cancelled on request';
    this.machine.endStep(running, 'step.cancelled', { reason, text: '' }, this.now);
    this.machine.endTurn(running, 'turn.cancelled', { reason }, this.now);
    this.#publishNow();
    this.machine.finishTurn();
  }

  #publishNow(): Report {
    const report = this.#append(this.machine.facts.takeDrafts());
    this.machine.report(report);
    return report;
  }

  /** A writer that meets a log of another life first brings what the workflow holds. */
  #append(drafts: readonly EventDraft[], reconcile = false): Report {
    const { epoch } = this.machine.facts.known;
    const changed = epoch !== 0 && epoch !== this.log.epoch;
    const missing = reconcile || changed ? this.machine.facts.held() : [];
    return this.log.append([...missing, ...drafts]);
  }

  #archive(): void {
    const { archivedTo, events, known } = this.machine.events();
    const whole = this.log.epoch === known.epoch && this.log.position.seq >= known.seq;
    const more = whole ? this.log.events.slice(archivedTo) : assemble(archivedTo, events);
    this.archive.push(...more);
    this.machine.facts.archived(more.at(-1)?.seq ?? archivedTo);
  }
}

/** The ends of turns among events, by turn. */
export function turnEnds(events: readonly LoggedEvent[]): Map<string, number> {
  const ends = new Map<string, number>();
  for (const { type, turn = '' } of events) {
    if (endsTurn(type)) ends.set(turn, (ends.get(turn) ?? 0) + 1);
  }
  return ends;
}
