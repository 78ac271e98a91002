import { z } from 'zod';
import { parseTableName } from '../../domain/tables/table-name.ts';
import { parseSource } from '../../domain/transfer/source.ts';
import { flag, grouped, parsed, TEXT, TEXT_OR_NONE, TEXTS } from './flag.ts';

const TABLE_NAME = parsed(parseTableName, 'KEYSPACE or KEYSPACE.TABLE, quoted as in CQL');

/** What a command is about. */
export const TARGET = grouped('Target:', {
  namespace: flag(
    '-n, --namespace <name>',
    'namespace of the datacenters (default: that of the context, or of the pod)',
    TEXT_OR_NONE,
    { env: 'KASSETTE_NAMESPACE', neverEmpty: true, locates: true },
  ),
  k8ssandraCluster: flag(
    '--k8ssandra-cluster <name>',
    'K8ssandraCluster in that namespace: all of its datacenters, in whichever namespaces they are',
    TEXT_OR_NONE,
    { neverEmpty: true, locates: true, conflicts: 'embedded' },
  ),
  forNamespace: flag(
    '--for-namespace <name>',
    'with --k8ssandra-cluster: the namespace that this hook is called for; hooks of several namespaces join one backup',
    TEXT_OR_NONE,
    { neverEmpty: true, conflicts: 'embedded' },
  ),
  datacenters: flag(
    '-d, --datacenter <name...>',
    'only these datacenters (default: all that are found)',
    TEXTS,
    {
      neverEmpty: true,
      locates: true,
    },
  ),
  tag: flag(
    '--tag <tag>',
    'backup to use, as status shows it; for before-backup: the tag of the new backup',
    TEXT,
  ),
  from: flag(
    '--from <source>',
    'backup:TAG in the volumes; clones:SUFFIX, claims whose names end in SUFFIX, or in one of several with commas between; path:DIR, copies for an embedded cluster',
    parsed(parseSource, 'backup:TAG, clones:SUFFIX or path:DIR'),
    { required: true },
  ),
  as: flag(
    '--as <name>',
    'restore side-by-side with the live table, under another KEYSPACE.TABLE, or a keyspace as KEYSPACE',
    TABLE_NAME.optional().transform((name) => name ?? null),
    { conflicts: 'mode' },
  ),
  kastenNamespace: flag('--kasten-namespace <name>', 'namespace of Kasten', z.string(), {
    default: 'kasten-io',
    neverEmpty: true,
  }),
  path: flag('--path <directory>', 'a volume as a directory: what is mounted at /var/lib/cassandra', TEXT),
});

export const ARGUMENTS = {
  names: flag(
    '<names...>',
    'KEYSPACE or KEYSPACE.TABLE, quoted as in CQL: shop.orders, \'"Shop"."Order"\'',
    z.array(TABLE_NAME),
  ),
  claims: flag(
    '[claim...]',
    'persistent volume claims, such as server-data-dse-cass-prd-default-sts-0',
    TEXTS,
  ),
};
