/** The paths that cass-operator mounts into a Cassandra pod, and those of the image. */
export const POD = {
  /** Written by the init container, read by Cassandra's. */
  configuration: '/config',
  nodeFile: '/config/node.json',
  logs: '/var/log/cassandra',
  storage: '/var/lib/cassandra',
  /** Of one container's life: a process id that outlived its container would name a stranger. */
  run: '/tmp/kassette-node',
  /** Where the image says what Cassandra it has. */
  distribution: '/opt/cassandra/distribution.json',
} as const;
