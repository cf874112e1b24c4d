import type { Tool, ToolPiece, ToolRequest } from '../../activities/tools/tool.ts';
import type { ToolEffect } from '../../src/contracts/index.ts';

/** A tool that the test lets end. */
export class TestTool implements Tool {
  readonly spec;
  readonly requests: ToolRequest[] = [];
  readonly effect: ToolEffect;
  readonly check: Tool['check'];
  readonly #results: (string | Error)[] = [];
  #wake: () => void = () => undefined;

  constructor(name: string, effect: ToolEffect = 'none', check: Tool['check'] = () => null) {
    this.spec = { name, description: `The tool ${name}`, input: { type: 'object' } };
    this.effect = effect;
    this.check = check;
  }

  /** The result of its next call. */
  answer(result: string | Error): this {
    this.#results.push(result);
    this.#wake();
    return this;
  }

  async *run(request: ToolRequest): AsyncGenerator<ToolPiece> {
    this.requests.push(request);
    yield { type: 'progress', text: 'working' };
    while (this.#results.length === 0 && !request.signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        request.signal.addEventListener('abort', () => resolve());
      });
    }
    const result = this.#results.shift();
    if (result instanceof Error) throw result;
    yield { type: 'result', text: result ?? '' };
  }
}

export const toolbox = (...tools: readonly TestTool[]): ReadonlyMap<string, Tool> =>
  new Map(tools.map((tool) => [tool.spec.name, tool]));
