import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { deployFiles } from './manifests.ts';

// Writes what is committed in deploy/.
const deploy = join(import.meta.dirname, '..', '..', 'deploy');
rmSync(deploy, { recursive: true, force: true });
for (const [name, text] of deployFiles()) {
  const path = join(deploy, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
