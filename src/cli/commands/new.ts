/** `convoke new`: a project of one's own. */
import { relative } from 'node:path';
import { withPackages } from '../new/packages.ts';
import { placeOf } from '../new/place.ts';
import { writeProject } from '../new/write.ts';
import { painter } from '../terminal.ts';

export interface NewOptions {
  /** A folder with the tarballs of both packages. */
  readonly packages?: string;
  readonly json?: boolean;
}

const STEPS: readonly (readonly [string, string])[] = [
  ['npm install', ''],
  ['npm run dev', 'everything on this machine; what you save is put to work at once'],
  ['npm run page', 'in a second terminal: http://127.0.0.1:5173'],
  ['npm test', 'types, configuration and teams, without a server'],
];

/** Throws what `placeOf`, `withPackages` and `writeProject` throw; then nothing was written. */
export async function createProject(path: string, options: NewOptions): Promise<void> {
  const place = placeOf(path, process.cwd());
  const cut = await withPackages(options.packages, (sources, isCut) => {
    writeProject(place, sources);
    return isCut;
  });
  const { folder, name } = place;
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ folder, name, next: STEPS.map(([command]) => command) })}\n`);
    return;
  }
  const paint = painter(process.stdout);
  const steps = [[`cd ${relative(process.cwd(), folder) || '.'}`, ''] as const, ...STEPS];
  const lines = steps.map(([command, what]) =>
    `  ${paint('cyan', command.padEnd(14))}${paint('dim', what)}`.trimEnd(),
  );
  const from = cut ? '\nConvoke itself was packed from this checkout into its folder packages.' : '';
  process.stdout.write(
    `Created ${folder}: agents, a tool, a team, a test and a page.${from}\n\n${lines.join('\n')}\n\n`,
  );
}
