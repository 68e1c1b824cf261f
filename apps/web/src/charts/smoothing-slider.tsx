import styles from './smoothing-slider.module.css';

/** Chooses the weight of a curve's past, 0 (no smoothing) to 0.98. */
export function SmoothingSlider({ value, onChange }: { value: number; onChange: (value: number) => void }) {
  return (
    <label className={styles.slider}>
      Smoothing
      <input
        type="range"
        min={0}
        max={0.98}
        step={0.02}
        value={value}
        onChange={(event) => onChange(Number(event.target.value))}
      />
      <output>{value === 0 ? 'off' : value.toFixed(2)}</output>
    </label>
  );
}
