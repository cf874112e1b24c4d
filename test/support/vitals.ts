/** What a process of the product uses, seen through its inspector: memory after a collection, files, how late its event loop is. */
import { eventually } from './process.ts';
import type { Role } from './stack.ts';

/** Environment of a process that can be looked into. */
export const INSPECTED = { NODE_OPTIONS: '--inspect=127.0.0.1:0' };

const MIB = 1024 * 1024;
/** For so long the event loop is watched each time, ms. */
const WATCHED_MS = 1_000;

export interface Vitals {
  /** Of objects and buffers that are alive, bytes. */
  readonly memory: number;
  /** Of the whole process, bytes: V8 gives what it does not need back when it likes. */
  readonly resident: number;
  /** Open files and connections. */
  readonly files: number;
  /** Median over a second, ms. */
  readonly lateMs: number;
}

/** Runs in the process. */
const LOOK = `(async () => {
  const { monitorEventLoopDelay } = process.getBuiltinModule('node:perf_hooks');
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  await new Promise((resolve) => setTimeout(resolve, ${WATCHED_MS}));
  delay.disable();
  const { heapUsed, external, rss } = process.memoryUsage();
  const files = process.getBuiltinModule('node:fs').readdirSync('/proc/self/fd').length;
  return JSON.stringify({ memory: heapUsed + external, resident: rss, files, lateMs: delay.percentile(50) / 1e6 });
})()`;

/** Runs in the process: its connections, for whoever reads why something has stayed. */
const CONNECTIONS = `JSON.stringify(process._getActiveHandles()
  .filter((handle) => handle.remotePort !== undefined)
  .map((socket) => [
    socket.localPort + '-' + socket.remotePort, socket.bytesRead, socket.bytesWritten, socket.readyState,
    socket.isPaused() ? 'paused' : 'flowing', socket.readableLength, socket.writableLength, socket.parser ? 'http' : '',
  ].join(' ')))`;

/** Looks at a process that was started with `INSPECTED`. Takes a second. */
export async function vitalsOf(role: Role): Promise<Vitals> {
  return JSON.parse(await evaluated(role, LOOK)) as Vitals;
}

async function evaluated(role: Role, expression: string): Promise<string> {
  if (role.inspector === undefined) throw new Error('The process has no inspector.');
  const inspector = new WebSocket(role.inspector);
  try {
    await new Promise((resolve, reject) => {
      inspector.addEventListener('open', resolve, { once: true });
      inspector.addEventListener('error', reject, { once: true });
    });
    await ask(inspector, 'HeapProfiler.collectGarbage');
    const { result } = await ask(inspector, 'Runtime.evaluate', { expression, awaitPromise: true });
    return result?.value ?? '';
  } finally {
    inspector.close();
  }
}

interface Found {
  readonly result?: { readonly value: string };
}

let asked = 0;

function ask(inspector: WebSocket, method: string, params: object = {}): Promise<Found> {
  const id = (asked += 1);
  return new Promise((resolve, reject) => {
    const hear = ({ data }: MessageEvent): void => {
      const reply = JSON.parse(String(data)) as { readonly id?: number; readonly result: Found };
      if (reply.id !== id) return;
      inspector.removeEventListener('message', hear);
      resolve(reply.result);
    };
    inspector.addEventListener('message', hear);
    inspector.addEventListener('close', () => reject(new Error('The process is gone.')), { once: true });
    inspector.send(JSON.stringify({ id, method, params }));
  });
}

/** What may be left of an attack: the memory of what was met, files of connections that come and go. */
const MARGIN: Vitals = { memory: 6 * MIB, resident: 64 * MIB, files: 8, lateMs: 20 };
/** More than a peer that does not read is kept for, and a connection whose client may ask something more (65 s), ms. */
const BACK_MS = 80_000;

/** Resolves once the process is what it was before, with what it is; rejects with what has stayed. */
export async function isBack(role: Role, before: Vitals): Promise<Vitals> {
  const keys = Object.keys(MARGIN) as (keyof Vitals)[]; // safety: the keys of a literal
  let now = before;
  const look = async (): Promise<boolean> => {
    now = await vitalsOf(role);
    return keys.every((key) => now[key] <= before[key] + MARGIN[key]);
  };
  await eventually('the process is what it was', look, BACK_MS).catch(async (error: unknown) => {
    const connections = await evaluated(role, CONNECTIONS).catch(String);
    const both = `${JSON.stringify({ before, now, margin: MARGIN })}; its connections: ${connections}`;
    throw new Error(`The process is not what it was: ${both}`, { cause: error });
  });
  return now;
}
