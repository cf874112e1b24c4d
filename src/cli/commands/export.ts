/** `convoke export`: sessions as lines of JSON, or as Markdown, on standard output. */
import { once } from 'node:events';
import type { SessionPage } from '../../contracts/index.ts';
import { CliError } from '../failure.ts';
import { callGateway, gatewayPlace, streamGateway } from '../gateway-api.ts';

/** The last line of a session that is whole; each is shorter than what is kept of the end. */
const WHOLE = { jsonl: /\{"kind":"end","events":\d+\}\n$/, md: /\n<!-- end: \d+ events -->\n$/ } as const;
export type ExportFormat = keyof typeof WHOLE;
const KEPT_CHARS = 100;

export async function exportSession(id: string, format: ExportFormat): Promise<void> {
  let end = '';
  const decoder = new TextDecoder();
  for await (const chunk of streamGateway(`/v1/sessions/${id}/export?format=${format}`)) {
    end = (end + decoder.decode(chunk, { stream: true })).slice(-KEPT_CHARS);
    if (!process.stdout.write(chunk)) await once(process.stdout, 'drain');
  }
  if (!WHOLE[format].test(end))
    throw new CliError('incomplete', `The export of ${id} ended too early; run the command again.`);
}

/** One after the other. */
export async function exportAll(format: ExportFormat): Promise<void> {
  const place = gatewayPlace();
  for (let cursor: string | undefined; ;) {
    const page: SessionPage = await callGateway({ path: '/v1/sessions', query: { cursor } }, place);
    for (const { id } of page.data) await exportSession(id, format);
    if (page.next === null) return;
    cursor = page.next;
  }
}
