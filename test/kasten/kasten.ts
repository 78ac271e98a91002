import { z } from 'zod';

/*
 * Kasten's kinds, written from its documentation (docs.kasten.io, API: policies, actions, blueprint bindings, restore points; and
 * its page on execution hooks). What kassette never writes or reads, such as settings of imports, is left out.
 */
const named = z.strictObject({ name: z.string(), namespace: z.string() });
const texts = z.record(z.string(), z.string());

const matchExpressions = z.array(
  z.strictObject({
    key: z.string(),
    operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
    values: z.array(z.string()).optional(),
  }),
);

const selector = z.strictObject({
  matchLabels: texts.optional(),
  matchExpressions: matchExpressions.optional(),
});

const resources = z.array(
  z.strictObject({
    group: z.string().optional(),
    version: z.string().optional(),
    resource: z.string().optional(),
    name: z.string().optional(),
    matchLabels: texts.optional(),
    matchExpressions: matchExpressions.optional(),
  }),
);

const filters = z.strictObject({
  includeResources: resources.optional(),
  excludeResources: resources.optional(),
});

const hook = z.strictObject({ blueprint: z.string(), actionName: z.string() });

const hooks = z.strictObject({
  preHook: hook.optional(),
  onSuccess: hook.optional(),
  onFailure: hook.optional(),
});

const frequency = z.enum(['@hourly', '@daily', '@weekly', '@monthly', '@yearly', '@onDemand']);
const numbers = z.array(z.int()).optional();
const kept = z.int().min(0).optional();
const retention = z.strictObject({ hourly: kept, daily: kept, weekly: kept, monthly: kept, yearly: kept });

const ACTIONS = [
  'backup',
  'export',
  'import',
  'restore',
  'backupClusterScoped',
  'restoreClusterScoped',
  'report',
] as const;

export const policy = {
  spec: z.strictObject({
    comment: z.string().optional(),
    paused: z.boolean().optional(),
    frequency,
    subFrequency: z
      .strictObject({ minutes: numbers, hours: numbers, weekdays: numbers, days: numbers, months: numbers })
      .optional(),
    retention: retention.optional(),
    presetRef: named.optional(),
    selector,
    actions: z.array(
      z.strictObject({
        action: z.enum(ACTIONS),
        backupParameters: z
          .strictObject({
            profile: named.optional(),
            filters: filters.optional(),
            hooks: hooks.optional(),
            ignoreExceptions: z.boolean().optional(),
          })
          .optional(),
        exportParameters: z
          .strictObject({
            frequency,
            profile: named,
            hooks: hooks.optional(),
            receiveString: z.string().optional(),
            migrationToken: named.optional(),
            exportData: z
              .strictObject({
                enabled: z.boolean(),
                exporterStorageClassName: z.string().optional(),
                overrides: z
                  .array(
                    z.strictObject({
                      storageClassName: z.string(),
                      enabled: z.boolean(),
                      exporterStorageClassName: z.string().optional(),
                    }),
                  )
                  .optional(),
              })
              .optional(),
          })
          .optional(),
        retention: retention.optional(),
      }),
    ),
  }),
  status: z
    .strictObject({
      validation: z.string().optional(),
      error: z.array(z.string()).optional(),
      hash: z.int().optional(),
      specModifiedTime: z.string().optional(),
    })
    .optional(),
};

const ofValues = z.strictObject({ operator: z.enum(['In', 'NotIn']), values: z.array(z.string()) });

const ofKey = z.strictObject({
  key: z.string(),
  operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
  values: z.array(z.string()).optional(),
});

const requirements = z.array(
  z.strictObject({
    type: z
      .strictObject({
        operator: z.enum(['In', 'NotIn']),
        values: z.array(
          z.strictObject({
            group: z.string().optional(),
            version: z.string().optional(),
            resource: z.string().optional(),
          }),
        ),
      })
      .optional(),
    namespace: ofValues.optional(),
    name: ofValues.optional(),
    labels: ofKey.optional(),
    annotations: ofKey.optional(),
  }),
);

export const blueprintBinding = {
  spec: z.strictObject({
    disabled: z.boolean().optional(),
    blueprintRef: named,
    resources: z.strictObject({ matchAll: requirements.optional(), matchAny: requirements.optional() }),
  }),
};

const subject = z.strictObject({
  apiVersion: z.string().optional(),
  kind: z.string().optional(),
  name: z.string(),
  namespace: z.string(),
});

export const restoreAction = {
  spec: z.strictObject({
    subject,
    targetNamespace: z.string(),
    filters: filters.optional(),
    hooks: hooks.optional(),
    profile: named.optional(),
    dataOnly: z.boolean().optional(),
  }),
  status: z
    .strictObject({ state: z.string(), startTime: z.string().optional(), endTime: z.string().optional() })
    .optional(),
};

export const restorePoint = {
  spec: z
    .strictObject({ restorePointContentRef: z.strictObject({ name: z.string() }).optional() })
    .optional(),
  status: z.strictObject({ actionTime: z.string().optional() }).optional(),
};
