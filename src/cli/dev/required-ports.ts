/** The ports that a development stack needs: all of them are looked at before anything is started. */
import { CliError } from '../failure.ts';
import { whoHas } from './owner.ts';
import { portProblem } from './ports.ts';

/** A port that is needed. */
export interface WantedPort {
  readonly port: number;
  /** What it is for: "the gateway". */
  readonly purpose: string;
  /** How to choose another: "--port or CONVOKE_PORT". */
  readonly choose: string;
  readonly host?: string;
}

/** Throws `port_in_use` or `port_forbidden` with what to do about it. */
export async function requirePorts(wanted: readonly WantedPort[]): Promise<void> {
  const twice = wanted.find((each, index) => wanted.findIndex(({ port }) => port === each.port) < index);
  if (twice) {
    throw new CliError(
      'port_in_use',
      `Port ${twice.port} is needed twice, once for ${twice.purpose}; choose another one with ${twice.choose}.`,
    );
  }
  for (const { port, purpose, choose, host } of wanted) {
    const problem = await portProblem(port, host);
    if (problem === 'forbidden') {
      throw new CliError(
        'port_forbidden',
        `Port ${port} for ${purpose} needs root; choose another one with ${choose}.`,
      );
    }
    if (problem === 'in use') {
      throw new CliError(
        'port_in_use',
        `Port ${port} for ${purpose} is in use: ${whoHas(port)} or choose another port with ${choose}.`,
      );
    }
  }
}
