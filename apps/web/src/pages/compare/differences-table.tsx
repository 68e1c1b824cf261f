import { ComparedCard } from './compared-card.js';
import type { ComparedRun } from './compared-run.js';
import { differences } from './differences.js';

export function DifferencesTable({ compared }: { compared: ComparedRun[] }) {
  return (
    <ComparedCard
      id="differences"
      title="Differences in the config"
      first="Field"
      compared={compared}
      none={compared.length < 2 ? 'Add another run to see what differs.' : 'The configs are the same.'}
    >
      {differences(compared.map(({ run }) => run)).map(({ path, values }) => (
        <tr key={path}>
          <th scope="row">
            <code>{path}</code>
          </th>
          {values.map((value, index) => (
            <td key={compared[index].run.id}>
              {value === undefined ? <span className="muted">–</span> : shown(value)}
            </td>
          ))}
        </tr>
      ))}
    </ComparedCard>
  );
}

function shown(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
