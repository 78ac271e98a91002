import type { Ports } from '../../../ports/ports.ts';
import { type DatacenterWindows, windowsOf } from '../../archive/windows.ts';
import type { CommonOptions } from '../../options.ts';
import { surveyDatacenters } from '../../volumes/surveys.ts';

export interface WindowResult {
  readonly datacenters: readonly DatacenterWindows[];
}

/** From when to when each datacenter can be set back; changes nothing. */
export async function window(ports: Ports, options: CommonOptions): Promise<WindowResult> {
  return { datacenters: await windowsOf(ports, await surveyDatacenters(ports, options), options) };
}
