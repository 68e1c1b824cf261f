import styles from './yaml.module.css';

/** YAML as this software writes it (one key to a line), its keys set apart from their values. */
export function Yaml({ text }: { text: string }) {
  return (
    <pre className={styles.yaml}>
      {text
        .trimEnd()
        .split('\n')
        .map((line, index) => {
          const [, indent = '', key, rest = ''] = /^(\s*(?:- )*)([\w.-]+:)?(.*)$/.exec(line) ?? [];
          return (
            <span key={index}>
              {indent}
              {key !== undefined && <span className={styles.key}>{key}</span>}
              {rest}
              {'\n'}
            </span>
          );
        })}
    </pre>
  );
}
