/** All tools of a worker. Each source is opened and reached only when an agent uses it: one that is away does not concern the others. */
import { sourceName } from './names.ts';
import { BUILT_IN } from './offers.ts';
import type { OpenSource, SourceLogger, ToolSource } from './source.ts';
import type { Tool } from './tool.ts';

/** Names that agents and events know; without what joins a server's name and its tool's. */
const NAME = /^(?!.*__)[A-Za-z0-9_-]{1,64}$/;

export class Toolbox {
  readonly #sources: ReadonlyMap<string, OpenSource>;

  /** Throws a `TypeError` for a name that a tool cannot have. */
  constructor(sources: Readonly<Record<string, ToolSource>>, logger?: SourceLogger) {
    this.#sources = new Map(
      Object.entries(sources).map(([name, source]) => {
        if (!NAME.test(name))
          throw new TypeError(
            `A tool cannot be called ${JSON.stringify(name)}: use 1 to 64 of A-Z a-z 0-9 _ -, without "__".`,
          );
        if (BUILT_IN.includes(name))
          throw new TypeError(`"${name}" is a built-in tool: give yours another name.`);
        return [name, source.open(name, logger)];
      }),
    );
  }

  /**
   * The tools of these names, and all of the servers of these names. What is missing does not exist. Throws a `ToolError` if a source cannot
   * be reached.
   */
  async tools(names: readonly string[]): Promise<ReadonlyMap<string, Tool>> {
    const wanted = new Set(names.map(sourceName));
    const found = await Promise.all([...wanted].map(async (name) => this.#sources.get(name)?.tools()));
    return new Map(found.flatMap((tools) => [...(tools ?? [])]));
  }

  /** Ends connections and processes of servers. */
  async close(): Promise<void> {
    await Promise.all([...this.#sources.values()].map((source) => source.close()));
  }
}
