/** What `convoke/gateway` exports: a gateway inside a program of one's own. */
import type { IssuerSettings } from '../tenants/index.ts';
import type { EngineOptions } from './engine-options.ts';

export type { IssuerSettings } from '../tenants/index.ts';
export { ConfigError } from '../project/config-error.ts';

/** What is absent is read from the environment. */
export interface GatewayOptions extends EngineOptions {
  /** 0 picks a free one; default `CONVOKE_PORT`, else 3000. */
  readonly port?: number;
  /** The address to listen on; default `CONVOKE_HOST`, else `127.0.0.1`. */
  readonly host?: string;
  /** API keys, and the tenant of each; default `CONVOKE_KEYS`. */
  readonly keys?: Readonly<Record<string, string>>;
  /** Origins of pages that may connect, besides the gateway's own; default `CONVOKE_ORIGINS`. */
  readonly origins?: readonly string[];
  /** Issuers of your own whose tokens are taken, too; default `CONVOKE_TOKEN_ISSUERS`. */
  readonly issuers?: readonly IssuerSettings[];
  /** The key `dev` opens the tenant `dev`, pages of this machine may connect, and there is a page at `/`; default `CONVOKE_DEV`. */
  readonly devMode?: boolean;
}

/** A gateway that accepts connections. */
export interface RunningGateway {
  readonly port: number;
  /** Where it is reached from this machine: `http://127.0.0.1:3000`. */
  readonly url: string;
  /**
   * Tells clients to reconnect elsewhere, within 3 s, lets requests in progress finish, and closes everything that it has opened. Called again,
   * it waits for the same end.
   */
  readonly stop: () => Promise<void>;
}

/**
 * Starts a gateway: REST, Socket.IO and event streams on one port. Resolves once it listens. It installs no signal handler and never ends the
 * process: call `stop`.
 *
 * Rejects with a `ConfigError` (code `config_invalid`) for a mistake in the options or the environment, such as a port that is in use, and with
 * the code `log_unavailable` for an unsuitable Redis. Each message says what to do. Servers that are away are waited for.
 */
export async function startGateway(options: GatewayOptions = {}): Promise<RunningGateway> {
  const settings = await import('./settings.ts');
  settings.requireNode('startGateway');
  // Loaded on demand: an older Node could not, and would not say why.
  const [{ openGateway }, { gatewayUrl }, { setting }] = await Promise.all([
    import('./gateway.ts'),
    import('../cli/dev/specs.ts'),
    import('../cli/environment.ts'),
  ]);
  const given = settings.checkSettings('startGateway', settings.gatewaySettings, options);
  const env = settings.environmentOf(given, process.env);
  const host = setting(env, 'CONVOKE_HOST') ?? '127.0.0.1';
  const port = settings.portOf(env, 'CONVOKE_PORT') ?? 3000;
  const gateway = await openGateway(settings.configFrom(given, env), { port, host });
  return { port: gateway.port, url: gatewayUrl(host, gateway.port), stop: gateway.stop };
}
