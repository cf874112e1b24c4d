/** Loads the Lua scripts and gives them types. Each is one atomic change of one session; all are safe to send twice. */
import { readFileSync } from 'node:fs';
import type { Commands } from './connect.ts';
import { logUnavailable } from './failure.ts';

/** What Redis answers: nested arrays of strings (numbers where Lua returned numbers). */
export type LuaReply = string | number | null | LuaReply[];

type Script = (...args: (string | number)[]) => Promise<LuaReply>;

/** A connection with the scripts defined on it; the first arguments are the keys. */
export interface LogScripts {
  readonly beginStep: Script;
  readonly appendDelta: Script;
  readonly commitStep: Script;
  readonly appendEvents: Script;
  readonly readLog: Script;
  readonly rebuildLog: Script;
  readonly admitMessage: Script;
}

function source(name: string, from: string | URL = import.meta.url): string {
  return readFileSync(new URL(`./lua/${name}.lua`, from), 'utf8');
}

function define(redis: Commands, name: string, shared = ''): Script {
  return defineScript(redis, name, shared ? `${shared}\n${source(name)}` : source(name));
}

/**
 * Scripts in the folder `lua` beside the module `from`, by name. They throw `log_unavailable` while Redis is away. `file`: the one that has its text,
 * of a script that takes another number of keys.
 */
export function scriptsBeside(from: string, redis: Commands): (name: string, file?: string) => Script {
  return (name, file = name) => {
    const script = defineScript(redis, name, source(file, from));
    return async (...args) => {
      try {
        return await script(...args);
      } catch (error) {
        throw logUnavailable(error);
      }
    };
  };
}

/** Defines a script `<name>-<number of keys>` and returns the call. ioredis sends its hash and falls back to the text. */
function defineScript(redis: Commands, name: string, lua: string): Script {
  const keys = Number(name.slice(name.lastIndexOf('-') + 1));
  const command = `convoke_${name.replaceAll('-', '_')}`;
  redis.defineCommand(command, { numberOfKeys: keys, lua });
  const defined = redis as unknown as Record<string, Script>; // safety: defineCommand has just added it
  return (...args) => {
    const call = defined[command];
    if (!call) throw new Error(`script ${name} is not defined`);
    return call.apply(redis, args);
  };
}

export function loadScripts(redis: Commands): LogScripts {
  const shared = source('shared');
  const appending = `${shared}\n${source('appending')}`;
  return {
    beginStep: define(redis, 'begin-step-5', appending),
    appendDelta: define(redis, 'append-delta-3'),
    commitStep: define(redis, 'commit-step-5', appending),
    appendEvents: define(redis, 'append-events-5', appending),
    readLog: define(redis, 'read-log-5', shared),
    rebuildLog: define(redis, 'rebuild-log-5', shared),
    admitMessage: define(redis, 'admit-message-2'),
  };
}

/** Erases the log of a session: see `erase.ts`. */
export function loadEraseScript(redis: Commands): Script {
  return define(redis, 'erase-log-5', source('shared'));
}

export interface CatalogScripts {
  readonly announceCatalog: Script;
  readonly readCatalogs: Script;
}

export function loadCatalogScripts(redis: Commands): CatalogScripts {
  return {
    announceCatalog: define(redis, 'announce-catalog-1'),
    readCatalogs: define(redis, 'read-catalogs-1'),
  };
}
