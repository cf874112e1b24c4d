/** A session in the middle of something, for tests that begin there. */
import { Simulation } from './simulation.ts';

/** Its first turn runs. */
export function running(): Simulation {
  const session = new Simulation();
  session.send('m1');
  session.act();
  return session;
}

/** The loop acts, and its publish lands and reports. */
export function publishes(session: Simulation): void {
  session.act();
  session.publishLands();
  session.publishReports();
}
