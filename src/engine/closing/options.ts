import type { Cluster } from '../../domain/cluster/ring.ts';
import type { ConnectedCluster } from '../cluster/sessions.ts';
import type { CommonOptions, RunnerOptions, SharingOption, TagOption } from '../options.ts';
import type { SurveyedNode } from '../volumes/surveys.ts';

export interface AfterBackupOptions extends CommonOptions, TagOption, RunnerOptions, SharingOption {
  /** With a tag: close that one, as without a tag the one that is open; otherwise a tag means to give it up, whatever it is. */
  readonly close?: boolean;
  /** The run has failed: remove only what is its own. */
  readonly failed?: boolean;
  /** Give up all backups that are not complete on every node. */
  readonly incomplete?: boolean;
}

/** A backup that was not removed, and why. */
export interface LeftBackup {
  readonly tag: string;
  readonly why: string;
}

export interface AfterBackupResult {
  /** Tags that were removed; empty where there was nothing to do. */
  readonly removed: readonly string[];
  /** The tag that was whole until it was closed, by this run or before; null where nothing was to be closed. */
  readonly closed: string | null;
  /** Tags that were closed and stay in the volumes, as bases of the archived log. */
  readonly kept: readonly string[];
  readonly left: readonly LeftBackup[];
  readonly nodes: number;
  readonly seconds: number;
}

export interface Outcome extends Pick<AfterBackupResult, 'removed' | 'closed' | 'kept' | 'left'> {
  /** Namespaces whose hooks have to end before the backup is closed; left out where none has. */
  readonly awaits?: readonly string[];
}

/** What the volumes hold, for the part of the command that decides. */
export interface Found {
  readonly clusters: readonly Cluster[];
  readonly connected: readonly ConnectedCluster[];
  readonly surveys: readonly SurveyedNode[];
}
