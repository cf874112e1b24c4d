/** Tools of the configuration that are functions in the worker's process. */
import { LIMITS, type JsonObject, type ToolEffect } from '../../src/contracts/index.ts';
import { approvalFor, checkApproval, type ToolApprovals } from './approval.ts';
import { inputSchema, type InputOf, type InputSchema, type StandardSchema } from './input-schema.ts';
import { withProgress } from './progress.ts';
import type { OpenSource, ToolSource } from './source.ts';
import { ToolError, type Tool, type ToolRequest } from './tool.ts';

/** What a function is told of its call. */
export interface ToolContext extends Omit<ToolRequest, 'input'> {
  /** Tells the people who watch what the tool is doing. The model is not told. */
  readonly progress: (note: string) => void;
}

export interface ToolSettings<Schema> {
  /** Tells the model what it does and when to use it. */
  readonly description: string;
  /** Its arguments: a schema of Zod (or any Standard Schema with JSON), or a JSON Schema of an object. */
  readonly input: Schema;
  /** What a repetition does: `none`, `keyed` (nothing, given the same key) or `once` (it must not be repeated). */
  readonly effect: ToolEffect;
  /** Longest time of one call, ms. */
  readonly timeoutMs?: number;
  /**
   * Whether people have to approve a call: `always`, `never` (the default), a rule, or a function of the arguments. Asked once for each call,
   * when the model has made it; the arguments are as the model wrote them.
   */
  readonly approval?: ToolApprovals;
  /** Its result: text, or what JSON can represent; undefined: there is nothing to tell. Throw a `ToolError` to tell the model why it failed. */
  readonly run: (input: InputOf<Schema>, context: ToolContext) => unknown;
}

const EFFECTS: readonly ToolEffect[] = ['none', 'keyed', 'once'];

/** A tool for `tools` of the configuration; its name is the key there. Throws a `TypeError` that says what is wrong with it. */
export function tool<const Schema extends StandardSchema | JsonObject>(
  settings: ToolSettings<Schema>,
): ToolSource {
  const { description, effect, timeoutMs } = settings;
  const most = LIMITS.stepTimeoutMostMs;
  if (description.trim() === '') throw new TypeError('A tool needs a description: the model decides by it.');
  if (!EFFECTS.includes(effect)) throw new TypeError(`A tool's effect is one of ${EFFECTS.join(', ')}.`);
  if (timeoutMs !== undefined && !(timeoutMs >= 1 && timeoutMs <= most))
    throw new TypeError(`A tool's timeoutMs is from 1 to ${most}.`);
  checkApproval(settings.approval, 'tool');
  const schema = inputSchema(settings.input);
  return { open: (name) => opened(name, functionTool(name, settings, schema)) };
}

function opened(name: string, only: Tool): OpenSource {
  const tools = new Map([[name, only]]);
  return { tools: async () => tools, close: async () => undefined };
}

function functionTool<Schema>(name: string, settings: ToolSettings<Schema>, schema: InputSchema): Tool {
  const { description, effect, timeoutMs, approval, run } = settings;
  return {
    spec: { name, description, input: schema.json },
    effect,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    check: (input) => schema.check(input),
    ...(approval === undefined ? {} : { approval: (input) => approvalFor(approval, name, input) }),
    run: ({ input, ...request }) =>
      withProgress(async (progress) => {
        const read = (await schema.read(input)) as InputOf<Schema>; // safety: the schema has made it
        return textOf(await run(read, { ...request, progress }));
      }),
  };
}

const NO_JSON = 'The result of the tool cannot be told as JSON.';

/** A result, as a model reads it. */
function textOf(result: unknown): string {
  if (typeof result === 'string') return result;
  if (result === undefined) return '';
  try {
    const json = JSON.stringify(result) as string | undefined;
    if (json !== undefined) return json;
  } catch (error) {
    throw new ToolError(NO_JSON, { cause: error });
  }
  throw new ToolError(NO_JSON);
}
