/**
 * Errors that nobody can catch, of agents, tools and teams as a rule: a promise that is not awaited and rejects, a timer whose callback throws. Node would
 * end the process, and with it hundreds of steps that have nothing to do with it, and begin the same again elsewhere.
 */
import type { Logger } from '../telemetry/index.ts';

/** From now on they are logged, and the process goes on. */
export function outliveStrays(logger: Pick<Logger, 'error'>): void {
  process.on('unhandledRejection', (error) => {
    logger.error(
      { err: error },
      'A promise rejects that nobody awaits, left by an agent, a tool or a team perhaps: await or catch it',
    );
  });
  process.on('uncaughtException', (error) => {
    logger.error(
      { err: error },
      'An error is thrown where nobody can catch it, in a timer or a listener of an agent, a tool or a team perhaps',
    );
  });
}
