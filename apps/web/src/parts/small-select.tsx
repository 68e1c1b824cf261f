import styles from './small-select.module.css';

interface Props<Value extends string> {
  /** Names it to a screen reader. */
  label: string;
  value: Value;
  options: readonly (readonly [value: Value, title: string])[];
  onChange(value: NoInfer<Value>): void;
}

/** A choice within a heading. */
export function SmallSelect<Value extends string>({ label, value, options, onChange }: Props<Value>) {
  return (
    <select
      className={styles.select}
      aria-label={label}
      value={value}
      onChange={(event) => onChange(event.target.value as Value)}
    >
      {options.map(([each, title]) => (
        <option key={each} value={each}>
          {title}
        </option>
      ))}
    </select>
  );
}
