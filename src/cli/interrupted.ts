import { KassetteError } from '../domain/errors.ts';
import { hint, kassette } from '../domain/hint.ts';

const AGAIN = 'Run the same command again: a backup starts from the beginning, a restore continues.';

/** Why a run ends that was sent a signal. Nobody types SIGTERM: it is how a time limit ends a pod, which says nothing itself. */
export function interrupted(signal: 'SIGINT' | 'SIGTERM'): KassetteError {
  if (signal === 'SIGINT') {
    return new KassetteError(
      'INTERRUPTED',
      'SIGINT asked the run to stop, usually Ctrl+C at the keyboard.',
      AGAIN,
    );
  }
  return new KassetteError(
    'INTERRUPTED',
    'Ended from outside by SIGTERM: most likely the pod of the hook reached its time limit (activeDeadlineSeconds), or was deleted.',
    hint`${AGAIN} To allow more time, raise Kasten's \`timeout.blueprintHooks\`, and with it \`hookMinutes\` of the Helm chart or \`--hook-minutes\` of ${kassette('manifests')}.`,
  );
}

/** What is said at once, in case the run does not live to say why it failed. */
export function noteOf({ message }: KassetteError): string {
  return `${message} kassette brings what it began to a safe end.`;
}
