// How busy the machine is with other things, which no ratio makes up for wholly.
import { availableParallelism, loadavg } from 'node:os';
import type { Report } from '../report.ts';

export function reportLoad(report: Report, when: 'start' | 'end'): void {
  const [oneMinute = Number.NaN] = loadavg();
  const cpus = availableParallelism();
  report(`load-${when}`, `load average at the ${when}: ${oneMinute.toFixed(1)} on ${cpus} CPUs`, {
    loadAverage: oneMinute,
    cpus,
  });
}
