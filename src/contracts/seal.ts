/** The port through which stored content is encrypted. Absent: this deployment stores it as it is. */

/** What encryption makes of some bytes. */
export interface Sealed {
  /** The id of the data key that opens it. */
  readonly key: string;
  readonly data: Uint8Array;
}

/**
 * Encrypts with a data key of the tenant. What was sealed for one tenant or place cannot be opened for another one. Every method throws
 * `seal_key_missing`, and `archive_unavailable` if a key has to be read and the database is away.
 */
export interface Seal {
  /** `place`: what the bytes are, and where they are stored if that never changes: `archive.event:12`. */
  seal(tenant: string, place: string, plain: Uint8Array): Promise<Sealed>;
  /** `tenant` null: whichever the key belongs to. Throws `seal_broken` for what was changed, or moved from another tenant or place. */
  open(tenant: string | null, place: string, sealed: Sealed): Promise<Uint8Array>;
}

/** The tenant of what belongs to none: a data key of the deployment itself. No tenant has this id. */
export const DEPLOYMENT = '';

/** A payload of Temporal as JSON has it: all bytes in base64. */
export interface JsonPayload {
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly data?: string | undefined;
}
