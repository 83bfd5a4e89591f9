// The outputs of diff. action/diff/action.yml has the same names (a test compares them).
import { countsOf, type PlanReport } from '../../src/plan/report.ts';
import type { Host } from '../shared/host.ts';

/** What a run found, and where it told of it. */
export type Outcome = {
  readonly report: PlanReport;
  /** Empty where a report was read. */
  readonly reportPath: string;
  /** Empty without a comment. */
  readonly commentUrl: string;
};

/** Writes all outputs. */
export function writeOutputs(host: Host, { report, reportPath, commentUrl }: Outcome): void {
  const { created, configured, unchanged, deleted } = countsOf(report);
  const outputs = {
    changed: report.changes.length > 0,
    created,
    configured,
    unchanged,
    deleted,
    'base-digest': report.base.digest ?? '',
    'head-digest': report.head.digest ?? '',
    'report-path': reportPath,
    'comment-url': commentUrl,
  };
  for (const [name, value] of Object.entries(outputs)) host.output(name, String(value));
}
