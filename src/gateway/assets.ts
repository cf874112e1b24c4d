/** Files of a folder, served from memory: however many ask, and however slowly they read, no file stays open. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Request, RequestHandler, Response } from 'express';
import parseRange from 'range-parser';

interface Asset {
  readonly body: Buffer;
  readonly etag: string;
  readonly type: string;
  /** The same, compressed; a representation of its own, with its own tag. */
  readonly gzip?: Asset;
}

interface AssetSettings {
  readonly folder: string;
  /** How long a browser may use one without asking, s. */
  readonly maxAgeS: number;
  /** Only these names; default all. */
  readonly only?: readonly string[];
  /** Browsers that take gzip get it; default false. */
  readonly compress?: boolean;
}

function assetOf(body: Buffer, type: string): Asset {
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  return { body, etag, type };
}

function load({ folder, only, compress = false }: AssetSettings): ReadonlyMap<string, Asset> {
  const names =
    only ??
    readdirSync(folder, { withFileTypes: true }).flatMap((each) => (each.isFile() ? [each.name] : []));
  return new Map(
    names.map((name) => {
      const body = readFileSync(join(folder, name));
      const [type, asset] = [extname(name), assetOf(body, extname(name))];
      return [`/${name}`, compress ? { ...asset, gzip: assetOf(gzipSync(body), type) } : asset];
    }),
  );
}

/** True if a list of entity tags, or `*`, names this one; weak ones are compared by their value (RFC 9110, 13.1). */
function names(list: string, etag: string): boolean {
  return list.split(',').some((each) => ['*', etag, `W/${etag}`].includes(each.trim()));
}

function send(res: Response, { body }: Asset, range: string | undefined): void {
  const parts = range === undefined ? undefined : parseRange(body.length, range, { combine: true });
  if (parts === -1) {
    res.setHeader('Content-Range', `bytes */${body.length}`).status(416).end();
    return;
  }
  // Several parts, and what is not understood, may be answered with the whole (RFC 9110, 14.2).
  const part = Array.isArray(parts) && parts.type === 'bytes' && parts.length === 1 ? parts[0] : undefined;
  if (!part) {
    res.send(body);
    return;
  }
  res.setHeader('Content-Range', `bytes ${part.start}-${part.end}/${body.length}`);
  res.status(206).send(body.subarray(part.start, part.end + 1));
}

/** Parts are parts of the plain one. */
function representation(found: Asset, req: Request, res: Response): Asset {
  if (!found.gzip) return found;
  res.vary('Accept-Encoding');
  if (req.headers.range !== undefined || req.acceptsEncodings('gzip', 'identity') !== 'gzip') return found;
  res.setHeader('Content-Encoding', 'gzip');
  return found.gzip;
}

/** Serves what was there when it was made; `/` is `index.html`. Everything else goes on to the next handler. */
export function assets(settings: AssetSettings): RequestHandler {
  const all = load(settings);
  return (req, res, next) => {
    const found = all.get(req.path === '/' ? '/index.html' : req.path);
    if (!found || (req.method !== 'GET' && req.method !== 'HEAD')) {
      next();
      return;
    }
    const asset = representation(found, req, res);
    res.setHeader('ETag', asset.etag).setHeader('Cache-Control', `public, max-age=${settings.maxAgeS}`);
    res.setHeader('Accept-Ranges', 'bytes').type(asset.type);
    const { 'if-match': mustBe, 'if-none-match': known, 'if-range': rangeOf } = req.headers;
    if (mustBe !== undefined && !names(mustBe, asset.etag)) res.status(412).end();
    else if (known !== undefined && names(known, asset.etag)) res.status(304).end();
    else send(res, asset, rangeOf === undefined || rangeOf === asset.etag ? req.headers.range : undefined);
  };
}
