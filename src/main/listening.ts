/** Why a port cannot be listened on, in a sentence. */
import { ConfigError } from '../project/config-error.ts';

/** Resolves with what `listen` does; a failure that another port or address would mend becomes a `ConfigError`. */
export async function listening<T>(
  where: { readonly port: number; readonly host: string; readonly setting: string },
  listen: () => Promise<T>,
): Promise<T> {
  const { port, host, setting } = where;
  try {
    return await listen();
  } catch (error) {
    const sentence = {
      EADDRINUSE: `port ${port} of ${host} is in use: choose another one, or end what listens there (lsof -i :${port}, or ss -ltnp).`,
      EACCES: `this user may not listen on port ${port}: choose one above 1023.`,
      EADDRNOTAVAIL: `this machine has no address ${host}.`,
      ENOTFOUND: `there is no host ${host}.`,
    }[String((error as NodeJS.ErrnoException).code)];
    if (sentence === undefined) throw error;
    throw new ConfigError(setting, sentence, { cause: error });
  }
}
