import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deployFiles } from './manifests.ts';

// Writes what is committed in deploy/.
const deploy = join(import.meta.dirname, '..', '..', 'deploy');
mkdirSync(deploy, { recursive: true });
for (const [name, text] of deployFiles()) writeFileSync(join(deploy, name), text);
