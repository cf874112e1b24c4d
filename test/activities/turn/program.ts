/** Random teams: programs of all the calls that a team can make, whose way depends on every answer that they get and on its order. */
import fc from 'fast-check';
import type { LastWord, Outcome, ParallelRule, Team, TeamContext } from '../../../activities/teams/team.ts';
import { AgentFailed } from '../../../activities/teams/team.ts';

export type Op =
  | { readonly op: 'ask' | 'settle'; readonly agent: string }
  | { readonly op: 'try'; readonly agent: string; readonly otherwise: Program }
  | { readonly op: 'sleep'; readonly ms: number }
  | { readonly op: 'number'; readonly kind: 'now' | 'random'; readonly even: Program; readonly odd: Program }
  /** What it asks depends on what the team has heard so far, and in which order. */
  | { readonly op: 'asHeard' }
  | { readonly op: 'parallel'; readonly branches: readonly Program[] }
  /** Branches under a rule: the losers are withdrawn. */
  | {
      readonly op: 'first';
      readonly branches: readonly Program[];
      readonly many: number;
      readonly timeoutMs: number | undefined;
    }
  | { readonly op: 'say' }
  /** Asks people, and goes one way or the other. */
  | { readonly op: 'approve'; readonly yes: Program; readonly no: Program }
  /** Asks whoever takes part now and comes last. */
  | { readonly op: 'members' }
  | { readonly op: 'inner'; readonly program: Program; readonly last: string | undefined }
  /** Two agents at once, without branches. */
  | { readonly op: 'both'; readonly agents: readonly [string, string] }
  /** An agent against the clock; the loser is left running. */
  | { readonly op: 'race'; readonly agent: string; readonly ms: number; readonly late: Program };
export type Program = readonly Op[];

const NAMES = ['a', 'b', 'c', 'd'] as const;
const agent = fc.constantFrom(...NAMES);
const ms = fc.integer({ min: 1, max: 400 });

const { program } = fc.letrec<{ program: Program; op: Op }>((tie) => ({
  program: fc.array(tie('op'), { maxLength: 3, depthIdentifier: 'program' }),
  op: fc.oneof(
    { depthSize: 'small', withCrossShrink: true, depthIdentifier: 'program' },
    fc.record({ op: fc.constantFrom('ask', 'settle'), agent }),
    fc.record({ op: fc.constant('asHeard') }),
    fc.record({ op: fc.constant('sleep'), ms }),
    fc.record({ op: fc.constant('both'), agents: fc.tuple(agent, agent) }),
    fc.record({ op: fc.constant('try'), agent, otherwise: tie('program') }),
    fc.record({ op: fc.constant('race'), agent, ms, late: tie('program') }),
    fc.record({
      op: fc.constant('number'),
      kind: fc.constantFrom('now', 'random'),
      even: tie('program'),
      odd: tie('program'),
    }),
    fc.record({ op: fc.constant('say') }),
    fc.record({ op: fc.constant('approve'), yes: tie('program'), no: tie('program') }),
    fc.record({ op: fc.constant('members') }),
    fc.record({
      op: fc.constant('inner'),
      program: tie('program'),
      last: fc.option(agent, { nil: undefined }),
    }),
    fc.record({
      op: fc.constant('first'),
      branches: fc.array(tie('program'), { minLength: 1, maxLength: 3 }),
      many: fc.integer({ min: 1, max: 3 }),
      timeoutMs: fc.option(ms, { nil: undefined }),
    }),
    fc.record({
      op: fc.constant('parallel'),
      branches: fc.array(tie('program'), { minLength: 1, maxLength: 3 }),
    }),
  ),
}));

export const programs = fc.record({
  program: fc.array(program, { minLength: 1, maxLength: 3 }).map((parts) => parts.flat()),
  last: fc.option(agent, { nil: undefined }),
});

/** The team of a program. `heard` gets, in order, all that the team's code has seen. */
export function teamOf(
  { program: all, last }: { readonly program: Program; readonly last: string | undefined },
  heard: string[],
): Team {
  return async (context): Promise<LastWord | undefined> => {
    await run(context, all, heard);
    return last === undefined ? undefined : { agent: last };
  };
}

const told = (outcome: Outcome): string => `${outcome.step} ${outcome.status} ${outcome.text}`;

async function run(context: TeamContext, all: Program, heard: string[]): Promise<void> {
  for (const op of all) await perform(context, op, heard);
}

async function perform(context: TeamContext, op: Op, heard: string[]): Promise<void> {
  switch (op.op) {
    case 'ask':
      heard.push(told(await context.ask(op.agent)));
      return;
    case 'settle':
      heard.push(told(await context.settle(op.agent)));
      return;
    case 'try':
      try {
        heard.push(told(await context.ask(op.agent)));
      } catch (error) {
        if (!(error instanceof AgentFailed)) throw error;
        heard.push(told(error.outcome));
        await run(context, op.otherwise, heard);
      }
      return;
    case 'sleep':
      heard.push(await context.sleep(op.ms));
      return;
    case 'number': {
      const number = context[op.kind]();
      heard.push(`${op.kind} ${number}`);
      await run(context, Math.floor(number * 1_000) % 2 === 0 ? op.even : op.odd, heard);
      return;
    }
    case 'asHeard':
      heard.push(told(await context.settle(NAMES[hash(heard.join('|')) % NAMES.length]!)));
      return;
    case 'both': {
      const answers = op.agents.map(async (name) => heard.push(told(await context.settle(name))));
      await Promise.all(answers);
      return;
    }
    case 'race': {
      const answer = context.settle(op.agent).then(told);
      const first = await Promise.race([answer, context.sleep(op.ms)]);
      heard.push(`first ${first}`);
      if (first === 'over') await run(context, op.late, heard);
      return;
    }
    case 'members': {
      const active = (await context.members()).filter(({ status }) => status === 'active');
      heard.push(`members ${active.map(({ name }) => name).join(' ')}`);
      heard.push(told(await context.settle(active.at(-1)!.name)));
      return;
    }
    case 'approve': {
      const { status, by } = await context.approve({ title: 'Go on?', data: { heard: heard.length } });
      heard.push(`${status} by ${by.join(' and ')}`);
      await run(context, status === 'approved' ? op.yes : op.no, heard);
      return;
    }
    case 'say':
      await context.say(`heard ${heard.length}`);
      return;
    case 'inner': {
      const inner = async (within: TeamContext): Promise<LastWord | undefined> => {
        await run(within, op.program, heard);
        return op.last === undefined ? undefined : { agent: op.last };
      };
      try {
        heard.push((await context.run(inner))?.text ?? 'nothing');
      } catch (error) {
        if (!(error instanceof AgentFailed)) throw error;
        heard.push(told(error.outcome));
      }
      return;
    }
    case 'first': {
      const { branches, many, timeoutMs } = op;
      const rule = {
        until: Math.min(many, branches.length),
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
      };
      await runBranches(context, branches, heard, rule);
      return;
    }
    case 'parallel':
      await runBranches(context, op.branches, heard);
  }
}

async function runBranches(
  context: TeamContext,
  branches: readonly Program[],
  heard: string[],
  rule?: ParallelRule,
): Promise<void> {
  const named = branches.map((branch, n): [string, (inner: TeamContext) => Promise<number>] => [
    `b${n}`,
    async (inner) => {
      await run(inner, branch, heard);
      return n;
    },
  ]);
  const settled = await context.parallel(Object.fromEntries(named), rule);
  heard.push(JSON.stringify(Object.entries(settled).map(([name, { status }]) => [name, status])));
}

/** FNV-1a. */
export function hash(text: string): number {
  let state = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    state = Math.imul(state ^ text.charCodeAt(index), 0x01000193) >>> 0;
  }
  return state;
}
