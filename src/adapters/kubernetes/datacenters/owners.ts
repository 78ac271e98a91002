import {
  type CassandraDatacenter,
  datacenterName,
  dnsName,
  LABELS,
  labelValue,
} from '../client/resources.ts';

type Labels = Readonly<Record<string, string>>;

/**
 * The datacenter that cass-operator made a labelled object (a pod, a claim) for; undefined where none of these is it.
 *
 * cass-operator 1.23 and newer label with the name of the CassandraDatacenter, also where `spec.datacenterName` overrides it; older
 * ones label with the override, and what they made keeps that label after an upgrade. Where a label is the name of one
 * object and the override of another, it is the first one's: only the newer operators keep such two apart.
 */
export function ownerOf(
  labels: Labels,
  datacenters: readonly CassandraDatacenter[],
): CassandraDatacenter | undefined {
  const ofCluster = datacenters.filter((d) => labels[LABELS.cluster] === labelValue(d.spec.clusterName));
  return (
    ofCluster.find((d) => isLabelledFor(labels, d.metadata.name)) ??
    ofCluster.find((d) => isLabelledFor(labels, datacenterName(d)))
  );
}

/** Whether the label is what some release of cass-operator makes of the name. */
export function isLabelledFor(labels: Labels, name: string): boolean {
  const label = labels[LABELS.datacenter];
  // v1.15 and older write a DNS name into the label.
  return label !== undefined && [labelValue(name), dnsName(name)].includes(label);
}

/** The datacenter of this name: its object's, or else the one that Cassandra knows it by. */
export function named(
  datacenters: Iterable<CassandraDatacenter>,
  name: string,
): CassandraDatacenter | undefined {
  const all = [...datacenters];
  return all.find((d) => d.metadata.name === name) ?? all.find((d) => datacenterName(d) === name);
}
