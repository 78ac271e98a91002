import type { Events } from '../../ports/platform/events.ts';

/** An embedded datacenter has no record that others could look at. */
export const noEvents: Events = { report: async () => {} };
