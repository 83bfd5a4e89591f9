// Schedules of CronJobs: five fields, or a name for them. https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/
type Bounds = {
  readonly least: number;
  readonly most: number;
  readonly names?: readonly string[];
};

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const fields: readonly Bounds[] = [
  { least: 0, most: 59 },
  { least: 0, most: 23 },
  { least: 1, most: 31 },
  { least: 1, most: 12, names: months },
  { least: 0, most: 7, names: days },
];

/** Whether the controller could read it. */
export function isSchedule(text: string): boolean {
  const trimmed = text.trim();
  if (trimmed.startsWith('@')) {
    return (
      /^@(?:yearly|annually|monthly|weekly|daily|midnight|hourly)$/u.test(trimmed) || isInterval(trimmed)
    );
  }
  const parts = trimmed.split(/\s+/u);
  return (
    parts.length === fields.length &&
    fields.every((bounds, index) => (parts[index] ?? '').split(',').every((part) => isRange(part, bounds)))
  );
}

function isInterval(text: string): boolean {
  return /^@every (?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$/u.test(text);
}

function isRange(part: string, bounds: Bounds): boolean {
  const [range = '', step, ...more] = part.split('/');
  if (more.length > 0 || (step !== undefined && !/^[1-9]\d{0,3}$/u.test(step))) return false;
  if (range === '*' || range === '?') return true;
  const [from = '', to, ...others] = range.split('-');
  if (others.length > 0) return false;
  const [begin, end] = [numberOf(from, bounds), numberOf(to ?? from, bounds)];
  return begin !== undefined && end !== undefined && begin <= end;
}

function numberOf(text: string, { least, most, names }: Bounds): number | undefined {
  const named = names?.indexOf(text.toLowerCase()) ?? -1;
  if (named >= 0) return least + named;
  const number = /^\d{1,4}$/u.test(text) ? Number(text) : -1;
  return number >= least && number <= most ? number : undefined;
}
