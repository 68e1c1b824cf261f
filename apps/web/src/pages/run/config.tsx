import type { RunDetail } from '#contracts';
import { useMemo } from 'react';
import { stringify } from 'yaml';
import pageStyles from '../../app/page.module.css';
import { CopyButton } from '../../parts/copy-button.js';
import { Yaml } from '../../parts/yaml.js';
import styles from './config.module.css';

/** The run's spec with its defaults, seed and matrix point filled in, as YAML that can be submitted again. */
export function Config({ run }: { run: RunDetail }) {
  const text = useMemo(() => stringify(run.spec, { lineWidth: 100 }), [run.spec]);
  return (
    <section className={pageStyles.card} aria-labelledby="config">
      <header className={pageStyles.cardHeader}>
        <h2 id="config">Config</h2>
        <CopyButton text={text} label="Copy YAML" />
      </header>
      <div className={styles.box} tabIndex={0} role="group" aria-labelledby="config">
        <Yaml text={text} />
      </div>
    </section>
  );
}
