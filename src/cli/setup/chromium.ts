/** Chromium, for the browser tests. */
import { readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { CliError } from '../failure.ts';
import { findOnPath, installCommand, installPackage, isProgram } from './programs.ts';
import type { Environment } from '../environment.ts';
import type { PackageNames, Progress } from './programs.ts';

const PACKAGE: PackageNames = { apt: 'chromium', dnf: 'chromium', brew: 'chromium' };
const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
/** Inside a browser folder of Playwright's cache. */
const PLAYWRIGHT = [
  'chrome-linux/chrome',
  'chrome-linux64/chrome',
  'chrome-mac/Chromium.app/Contents/MacOS/Chromium',
  'chrome-mac-arm64/Chromium.app/Contents/MacOS/Chromium',
];

export function findChromium(env: Environment = process.env): string | null {
  return findOnPath(BROWSERS, env) ?? inPlaywrightCache(env);
}

function inPlaywrightCache(env: Environment): string | null {
  const folder =
    env['PLAYWRIGHT_BROWSERS_PATH'] ??
    join(homedir(), process.platform === 'darwin' ? 'Library/Caches' : '.cache', 'ms-playwright');
  try {
    return (
      readdirSync(folder)
        .filter((name) => name.startsWith('chromium-'))
        .flatMap((name) => PLAYWRIGHT.map((file) => join(folder, name, file)))
        .find(isProgram) ?? null
    );
  } catch {
    return null;
  }
}

export function chromiumFix(env: Environment = process.env): string {
  return installCommand(PACKAGE, env) ?? 'npx playwright-core install chromium';
}

/** The browser; installs it if it is missing and no password is needed. Throws `chromium_missing`. */
export async function obtainChromium(progress: Progress, env: Environment = process.env): Promise<string> {
  const found = findChromium(env);
  if (found) return found;
  await installPackage(PACKAGE, progress, env);
  const installed = findChromium(env);
  if (installed) return installed;
  throw new CliError('chromium_missing', `Chromium is not installed. Install it: ${chromiumFix(env)}`);
}
