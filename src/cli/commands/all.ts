import type { Descriptor } from '../descriptor.ts';
import { afterBackupCommand } from './after-backup.ts';
import { afterRestoreCommand } from './after-restore.ts';
import { beforeBackupCommand } from './before-backup.ts';
import { beforeRestoreCommand } from './before-restore.ts';
import { cleanVolumeCommand } from './clean-volume.ts';
import { doctorCommand } from './doctor.ts';
import { planCommand } from './plan.ts';
import { archiveCommand } from './point-in-time/archive.ts';
import { rewindCommand } from './point-in-time/rewind.ts';
import { windowCommand } from './point-in-time/window.ts';
import { recoverCommand } from './recover.ts';
import { planRestoreTableCommand, restoreTableCommand } from './restore-table.ts';
import { completionCommand } from './setup/completion.ts';
import { manifestsCommand } from './setup/manifests.ts';
import { policyCommand } from './setup/policy.ts';
import { rbacCommand } from './setup/rbac.ts';
import { statusCommand } from './status.ts';
import { verifyCommand } from './verify.ts';

/** All commands, in the order of help and reference; one with two words follows the first of them. */
export const COMMANDS: readonly Descriptor[] = [
  beforeBackupCommand,
  afterBackupCommand,
  beforeRestoreCommand,
  planCommand,
  planRestoreTableCommand,
  afterRestoreCommand,
  restoreTableCommand,
  rewindCommand,
  recoverCommand,
  cleanVolumeCommand,
  statusCommand,
  windowCommand,
  verifyCommand,
  doctorCommand,
  manifestsCommand,
  policyCommand,
  archiveCommand,
  rbacCommand,
  completionCommand,
];
