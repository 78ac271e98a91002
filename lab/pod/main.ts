import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { type NodeFile, readNodeFile } from '../cluster/node-file.ts';
import { runAgent } from '../cluster/run-agent.ts';
import { parseConfigData } from './config-data.ts';
import { podFiles } from './pod-files.ts';
import { POD } from './pod-places.ts';

/*
 * The stand-in inside a pod of cass-operator:
 *   main.ts configure   in the init container server-config-init: writes /config from the environment
 *   main.ts serve       in the container cassandra: the management API; Cassandra starts by lifecycle/start
 */

const environment = z.object({ CONFIG_FILE_DATA: z.string(), POD_IP: z.string(), RACK_NAME: z.string() });

const distribution = z.object({
  version: z.string(),
  java: z.string(),
  javaMajor: z.number().int(),
  libraries: z.string(),
  classPath: z.array(z.string()),
  jolokiaAgent: z.string(),
});

function configure(): void {
  const { CONFIG_FILE_DATA, POD_IP, RACK_NAME } = environment.parse(process.env);
  const files = podFiles({
    pod: hostname(),
    address: POD_IP,
    rack: RACK_NAME,
    config: parseConfigData(CONFIG_FILE_DATA),
    distribution: distribution.parse(JSON.parse(readFileSync(POD.distribution, 'utf8'))),
  });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(POD.configuration, name), content);
}

/** The operator tells the paths of `managementApiAuth.manual` only to the container that serves. */
function withTls(node: NodeFile): NodeFile {
  const [ca, cert, key] = ['CA_CERT', 'CERT', 'KEY'].map((name) => process.env[`MGMT_API_TLS_${name}_FILE`]);
  if (ca === undefined || cert === undefined || key === undefined) return node;
  return { ...node, management: { ...node.management, tls: { ca, cert, key } } };
}

const [verb] = process.argv.slice(2);
if (verb === 'configure') configure();
else if (verb === 'serve') {
  // Where the operator mounts a volume at /tmp, it outlives the container, and the processes that it names do not.
  rmSync(POD.run, { recursive: true, force: true });
  runAgent(withTls(readNodeFile(POD.nodeFile)), { start: false, exitWithParent: false });
} else {
  console.error('usage: configure | serve');
  process.exitCode = 2;
}
