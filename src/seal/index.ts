/** Encryption of what is stored: AES-256-GCM, with a data key for each tenant that a master key wraps. */
export { TABLES as KEY_TABLES } from './data-keys.ts';
export { Keyring } from './keyring.ts';
export { masterKeysOf } from './master-keys.ts';
export type { MasterKey } from './master-keys.ts';
