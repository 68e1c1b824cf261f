import { useQueries } from '@tanstack/react-query';
import { reportQuery } from '../../api/queries.js';
import { Loading } from '../../parts/loading.js';
import type { ComparedRun } from './compared-run.js';
import { ComparedTable } from './compared-table.js';
import { reportFigures } from './report-figures.js';

/** What the reports of the completed runs say of their models. */
export function ReportsTable({ compared }: { compared: ComparedRun[] }) {
  const queries = useQueries({
    queries: compared.map(({ run }) => ({ ...reportQuery(run.id), enabled: run.state === 'completed' })),
  });
  if (queries.some(({ isLoading }) => isLoading)) return <Loading what="reports" />;
  const reports = queries.map(({ data }) => data);
  const known = reports.filter((report) => report !== undefined);
  return (
    <ComparedTable
      id="reports"
      title="Reports"
      hint="of the test images"
      first="Number"
      compared={compared}
      none="A run has a report when it has completed."
      rows={reportFigures(known).map(({ title, better, of, format }) => ({
        key: title,
        name: title,
        better,
        values: reports.map((report) => (report && of(report)) ?? undefined),
        format,
      }))}
    />
  );
}
