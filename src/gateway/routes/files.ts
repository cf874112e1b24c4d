/** /v1/sessions/{id}/files: store a file, read it. */
import { z } from 'zod';
import { ConvokeError, LIMITS } from '../../contracts/index.ts';
import type { FileInfo } from '../../contracts/index.ts';
import { isFileName } from '../../files/index.ts';
import type { NewFile } from '../../files/index.ts';
import { derivedId, idempotencyKeySchema, idSchema, ownerOf, validate } from '../../ingest/index.ts';
import { allow } from '../../tenants/index.ts';
import type { GatewayContext } from '../context.ts';
import { bodyOf, contentTypeOf, lengthOf, sendFile } from '../files.ts';
import { digestOf } from '../digest.ts';
import type { ServedFiles } from '../files.ts';
import { ENGINE, json, pathId, problems, queryOf, sessionOf, watchedOf } from '../route.ts';
import type { ApiRoute, Call } from '../route.ts';
import { describes } from '../shapes.ts';

const TAGS = ['Files'];
const nameSchema = z.strictObject({
  name: z
    .string()
    .refine(
      isFileName,
      `must be 1 to ${LIMITS.fileNameChars} characters without slashes and control characters`,
    )
    .default('file')
    .meta({ description: 'Its name, as shown to others.', examples: ['chart.png'] }),
});

const fileReply = describes<FileInfo>()(
  z
    .object({
      file: z.string(),
      name: z.string(),
      contentType: z.string(),
      bytes: z.number(),
      sha256: z.string().meta({ description: 'Of its bytes, in hexadecimal.' }),
    })
    .meta({ id: 'File', description: 'A file of a session. A message refers to it by `file`.' }),
);

const digestHeader = z
  .string()
  .optional()
  .meta({
    description: 'RFC 9530: a file of another SHA-256 is refused. Other algorithms are not looked at.',
    examples: ['sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:'],
  });

const bytes = { '*/*': { schema: z.string().meta({ override: { type: 'string', format: 'binary' } }) } };

function placeOf({ files }: GatewayContext): ServedFiles {
  if (files) return files;
  throw new ConvokeError('files_not_set_up', 'Set CONVOKE_FILES_URL for gateways and workers.');
}

/** What stands for the Idempotency-Key of an upload. Throws `invalid_request`. */
function requestOf({ req, principal }: Call): { readonly request?: string } {
  const key = req.get('Idempotency-Key');
  if (key === undefined) return {};
  return { request: derivedId(['file', ...ownerOf(principal)], validate(idempotencyKeySchema, key)) };
}

/** What the head of an upload says of the file. Throws `invalid_request`, `invalid_digest`. */
function fileOf(call: Call): NewFile {
  const { req } = call;
  const { name } = queryOf(nameSchema, req);
  const [bytes, sha256] = [lengthOf(req), digestOf(req)];
  return {
    ...{ name, contentType: contentTypeOf(req), ...requestOf(call) },
    ...(bytes !== undefined && { bytes }),
    ...(sha256 !== undefined && { sha256 }),
  };
}

function storeRoute(context: GatewayContext): ApiRoute {
  return {
    access: 'key',
    method: 'post',
    path: '/v1/sessions/{id}/files',
    operation: {
      operationId: 'storeFile',
      summary: 'Store a file',
      description:
        'The body is the file itself. Answers once all of it is stored. Refer to it in a message within a day; else it is deleted.',
      tags: TAGS,
      requestParams: {
        path: z.object({ id: idSchema }),
        query: nameSchema,
        header: z.object({
          'Idempotency-Key': idempotencyKeySchema.optional(),
          'Content-Digest': digestHeader,
          'Repr-Digest': digestHeader,
        }),
      },
      requestBody: { content: bytes },
      responses: {
        '201': json('The file is stored.', fileReply, {
          Location: z.string().meta({ description: 'The path of the file.' }),
          'Idempotency-Replayed': z
            .literal('true')
            .meta({ description: 'The file was stored by an earlier, equal request.' })
            .optional(),
        }),
        ...problems([
          ...ENGINE,
          'too_large',
          'invalid_digest',
          'quota_exceeded',
          'idempotency_mismatch',
          'session_not_found',
          'archive_unavailable',
          'files_unavailable',
          'files_not_set_up',
        ]),
      },
    },
    async handle(call) {
      const { req, res, principal } = call;
      const ref = sessionOf(call);
      allow(principal, 'send', ref.session);
      const { files, exists } = placeOf(context);
      const given = fileOf(call);
      const peer = context.peers.of(req.socket);
      peer.uploads(req);
      const { info, replayed } = await context.uploads.run(ref.tenant, async () => {
        if (!(await exists(ref))) throw new ConvokeError('session_not_found');
        return files.store(ref, given, bodyOf(req, peer));
      });
      if (replayed) res.setHeader('Idempotency-Replayed', 'true');
      res.status(201).location(`/v1/sessions/${ref.session}/files/${info.file}`).json(info);
    },
  };
}

function readRoute(context: GatewayContext): ApiRoute {
  return {
    access: 'key',
    method: 'get',
    path: '/v1/sessions/{id}/files/{file}',
    operation: {
      operationId: 'readFile',
      summary: 'Read a file',
      description: 'Takes one range. Browsers show images of four types, save all else, and run none of it.',
      tags: TAGS,
      requestParams: {
        path: z.object({ id: idSchema, file: idSchema }),
        header: z.object({
          Range: z.string().optional(),
          'If-Range': z.string().optional(),
          'If-None-Match': z.string().optional(),
        }),
      },
      responses: {
        '200': { description: 'All of it.', content: bytes },
        '206': { description: 'The range.', content: bytes },
        '304': { description: 'It is the one that the caller has.' },
        ...problems([
          ...ENGINE,
          'session_not_found',
          'file_not_found',
          'range_not_satisfiable',
          'archive_unavailable',
          'files_unavailable',
          'files_not_set_up',
        ]),
      },
    },
    async handle(call) {
      const ref = watchedOf(call);
      const { files } = placeOf(context);
      const file = pathId(call.req, 'file');
      await context.downloads.run(ref.tenant, async () => {
        const found = await files.find(ref, file);
        await sendFile(call.req, call.res, found, context.peers.of(call.req.socket));
      });
    },
  };
}

export function fileRoutes(context: GatewayContext): readonly ApiRoute[] {
  return [storeRoute(context), readRoute(context)];
}
