/** A step runner on a real log, made anew for each test of the file that asks for it. */
import { afterAll, beforeAll, beforeEach } from '@jest/globals';
import type { LoggedEvent, SessionRef } from '../../src/contracts/index.ts';
import type { AgentRunner } from '../../activities/agents/runner.ts';
import { Conversations } from '../../activities/conversation.ts';
import { StepRunner } from '../../activities/step-runner.ts';
import { eventually } from '../support/process.ts';
import { FakeSource, lead, newSession, Puppet, startLog } from './support.ts';
import type { TestLog } from './support.ts';

/** Types of the events of a session whose one turn of one step went well. */
export const COMPLETED = [
  'session.created',
  'message.accepted',
  'turn.started',
  'step.started',
  'step.completed',
  'turn.completed',
];

export const types = (events: readonly LoggedEvent[]): string[] => events.map((event) => event.type);

export class Scene {
  source = new FakeSource();
  agent = new Puppet();
  ref: SessionRef = newSession();
  /** What the workers have logged. */
  told: object[] = [];
  #server: TestLog | undefined;
  #runner: StepRunner | undefined;

  get server(): TestLog {
    if (!this.#server) throw new Error('the log is not started');
    return this.#server;
  }

  get runner(): StepRunner {
    if (!this.#runner) throw new Error('the scene is not set');
    return this.#runner;
  }

  async start(): Promise<void> {
    this.#server = await startLog();
  }

  set(): void {
    this.source = new FakeSource();
    this.source.tells(lead());
    this.agent = new Puppet();
    this.ref = newSession();
    this.told = [];
    this.#runner = this.runnerOf(this.agent);
  }

  /** The runner of another worker. */
  runnerOf(agent: AgentRunner): StepRunner {
    const logger = {
      warn: (details: object) => {
        this.told.push(details);
      },
    };
    const { source } = this;
    const deps = { log: this.server.log, source, runners: { scripted: agent }, logger };
    return new StepRunner(deps, new Conversations());
  }

  async logged(): Promise<readonly LoggedEvent[]> {
    const slice = await this.server.log.read(this.ref, { after: 0, limit: 100 });
    return slice?.events ?? [];
  }

  /** Resolves once the log has this text of the open step. */
  streamed(text: string): Promise<void> {
    return eventually(`the log has "${text}"`, async () => {
      const slice = await this.server.log.read(this.ref, { limit: 1 });
      return slice?.open[0]?.text === text;
    });
  }
}

export function useScene(): Scene {
  const scene = new Scene();
  beforeAll(() => scene.start());
  beforeEach(() => {
    scene.set();
  });
  afterAll(() => scene.server.stop());
  return scene;
}
