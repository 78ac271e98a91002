import type { KubernetesVersion } from './bed/kubernetes/versions.ts';
import type { OperatorVersion } from './bed/operator/operator.ts';

/** What every commit has to pass, or all there is. docs/contributing/testing-on-kubernetes.md says what is where, and why. */
export type Tier = 'commit' | 'all';

/** Files that run one after the other, on a datacenter that they share or on ones of their own. */
export type Chain = readonly string[];

export interface Suite {
  readonly kubernetes: KubernetesVersion;
  readonly operator: OperatorVersion;
  readonly release: string;
  /** The chains of a stage run at the same time, in namespaces of their own; the next stage begins when all have ended. */
  readonly stages: Readonly<Record<Tier, readonly (readonly Chain[])[]>>;
}

const RING = ['story', 'rights', 'tables'];
const LONE = ['packaging', 'kasten', 'cold-one-node'];

export const SUITES: readonly Suite[] = [
  {
    kubernetes: '1.34.4',
    operator: '1.22.4',
    release: '5.0.6',
    stages: {
      commit: [[RING, LONE]],
      all: [
        [
          [...RING, 'clones', 'cold'],
          [...LONE, 'archiving', 'many-datacenters', 'several-namespaces', 'states', 'beside'],
        ],
        // It closes the machine to new pods and stops the API server: nothing else can be at work.
        [['faults']],
      ],
    },
  },
  {
    kubernetes: '1.37.2',
    operator: '1.28.0',
    release: '5.0.6',
    stages: {
      commit: [],
      all: [[['story'], ['packaging', 'kasten', 'cold-one-node', 'archiving']]],
    },
  },
  {
    kubernetes: '1.29.6',
    operator: '1.15.0',
    release: '4.0.1',
    stages: {
      commit: [],
      all: [
        [
          ['story', 'story-pods'],
          ['packaging', 'cold-one-node'],
        ],
      ],
    },
  },
];

/** What the suite's lines begin with. */
export const titleOf = ({ kubernetes, operator, release }: Suite): string =>
  `Kubernetes ${kubernetes} with cass-operator ${operator} and Cassandra ${release}`;

/** A suite's stages with what was asked for; no stage and no chain is empty. */
export function chosen({ kubernetes, operator, stages }: Suite, tier: Tier, parts: readonly string[]) {
  const isAsked = (file: string) => parts.some((part) => `${kubernetes} ${operator} ${file}`.includes(part));
  return stages[tier]
    .map((chains) => chains.map((chain) => chain.filter(isAsked)).filter((chain) => chain.length > 0))
    .filter((chains) => chains.length > 0);
}

export function tierOf(name = 'commit'): Tier {
  if (name === 'commit' || name === 'all') return name;
  throw new Error(`E2E_TIER=${name}: it is commit or all.`);
}
