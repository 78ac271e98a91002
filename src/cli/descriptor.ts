import type { ErrorCode, KassetteError } from '../domain/errors.ts';
import type { CommandLine, Hint } from '../domain/hint.ts';
import type { Location } from '../domain/k8ssandra/locations.ts';
import type { Access } from '../domain/rights.ts';
import type { RunOutcome } from '../engine/noted.ts';
import type { ColdPorts } from '../engine/verbs/clean-volume.ts';
import type { Names } from '../packaging/settings.ts';
import type { Ports } from '../ports/ports.ts';
import type { CommonFlags } from './flags/catalogue.ts';
import type { Contexts } from './flags/contexts.ts';
import type { FlagSet, Values } from './flags/flag.ts';
import type { Outputs } from './phase-outputs.ts';

/** Sections of `kassette --help`, by what a person wants. */
export const SECTIONS = ['Backup:', 'Restore:', 'Inspect:', 'Set up:'] as const;

/** Writes a hint or a command for where the user works: copied without that, it would work on another cluster. */
export interface Say {
  (hint: Hint): string;
  readonly command: (command: CommandLine) => string;
}

/** A command's result in both forms, and the exit status where it is not 0. */
export interface Rendered {
  readonly text: string;
  readonly json: unknown;
  /** What a blueprint's action shows; without it nothing but the text. */
  readonly outputs?: Outputs;
  /** Where the command did its work and what it found is a failure all the same. */
  readonly failure?: ErrorCode;
  /** Where it could not do its work, and has something to say all the same. */
  readonly error?: KassetteError;
}

/** What is known of any command. */
interface Described<F extends FlagSet> {
  /** As it is typed after `kassette`: `plan restore-table`. */
  readonly name: string;
  readonly summary: string;
  readonly section: (typeof SECTIONS)[number];
  readonly flags: F;
  /** Whole lines of a shell. */
  readonly examples: readonly string[];
}

/** What the process knows besides the flags. */
export interface RunContext {
  readonly signal: AbortSignal;
  /** Ask the person at the terminal; false where there is none. */
  readonly confirm: (question: string) => Promise<boolean>;
  /** Whether a blueprint's hook runs it. */
  readonly hook: boolean;
}

/** A command that works on clusters. */
export interface ClusterCommand<F extends FlagSet = CommonFlags, R = unknown> extends Described<F> {
  /** `write` takes the lease and reports events; `diagnose` reports rights that are missing instead of needing them. */
  readonly access: Access;
  /** It speaks no CQL to the nodes, and so needs no right to read the superuser's password. */
  readonly withoutCql?: true;
  /** As a hook for one namespace of a K8ssandraCluster it waits for that, which other hooks may be about to bring back. */
  readonly awaitsK8ssandra?: true;
  run(ports: Ports, options: Values<F> & RunContext): Promise<R>;
  /** Works on a directory of this machine, without a cluster, where the options name one; else null. */
  runOnDirectory?(open: OpenVolume, options: Values<F> & RunContext): Promise<R> | null;
  render(result: R, say: Say, options: Values<F>): Rendered;
  /** Of one that changes something, for the note of its run: the backup that it was about, and what it found. */
  noteOf?(result: R): Omit<RunOutcome, 'message'>;
  /** Whether it only looks with these options, so that its run is not noted. */
  onlyLooks?(options: Values<F>): boolean;
}

export type OpenVolume = (path: string) => ColdPorts;

/** What a command that prints has besides its flags. */
export interface PrintContext {
  readonly commands: readonly Descriptor[];
  readonly findSecrets: FindSecrets;
  readonly findK8ssandra: FindK8ssandra;
  readonly switchArchiving: SwitchArchiving;
  readonly say: Say;
  /** For standard error: what is printed goes elsewhere. */
  readonly warn: (message: string) => void;
}

/**
 * The names of the secrets that the datacenters of these namespaces use, each once. Needs the right to list them.
 * @throws NOT_FOUND where a namespace has none; CLUSTER_UNREACHABLE, FORBIDDEN
 */
export type FindSecrets = (
  cluster: { readonly kubeconfig: string | undefined; readonly context: string | undefined },
  namespaces: Names,
) => Promise<readonly string[]>;

/**
 * Where the datacenters of a K8ssandraCluster are, with the secrets that those of each place use, or that are given. Needs the rights to read the
 * object and to list datacenters. @throws NOT_FOUND, CLUSTER_ELSEWHERE, PARTIAL_CLUSTER; CLUSTER_UNREACHABLE, FORBIDDEN
 */
export type FindK8ssandra = (
  cluster: Contexts & {
    readonly kubeconfig: string | undefined;
    readonly namespace: string;
  },
  name: string,
  given: Names | undefined,
) => Promise<readonly (Location & { readonly secrets: Names })[]>;

/**
 * Have a datacenter archive its commit log, or end that; answers whether it was changed. Needs the rights to read and patch it, to
 * hold the lease, and to create and patch ConfigMaps. @throws NOT_FOUND; NOT_READY while it is restored cold; USAGE where a K8ssandraCluster says what it is; UNSUPPORTED_SERVER, BUSY,
 * CLUSTER_UNREACHABLE, FORBIDDEN
 */
export type SwitchArchiving = (
  cluster: {
    readonly kubeconfig: string | undefined;
    readonly context: string | undefined;
    readonly namespace: string;
  },
  to: {
    readonly datacenter: string;
    readonly files: { readonly metadata: { readonly name: string } } | null;
    readonly template: (own: unknown) => unknown;
  },
  warn: (message: string) => void,
) => Promise<boolean>;

/** A command that prints what follows from its flags, and from the secrets that datacenters use, or what it has switched. */
export interface PrintCommand<F extends FlagSet = FlagSet> extends Described<F> {
  print(options: Values<F>, context: PrintContext): string | Promise<string>;
}

export type Descriptor = ClusterCommand | PrintCommand;

export function clusterCommand<F extends CommonFlags, R>(
  command: ClusterCommand<F, R>,
): ClusterCommand<F, R> {
  return command;
}

export function printCommand<F extends FlagSet>(command: PrintCommand<F>): PrintCommand<F> {
  return command;
}
