import { Icon } from '../parts/icon.js';
import { chooseTheme, THEME_CHOICES, useThemeChoice } from './theme.js';
import styles from './theme-switch.module.css';

const LABELS = { system: 'System theme', light: 'Light theme', dark: 'Dark theme' } as const;
const ICONS = { system: 'monitor', light: 'sun', dark: 'moon' } as const;

export function ThemeSwitch() {
  const chosen = useThemeChoice();
  return (
    <fieldset className={styles.switch}>
      <legend className="visually-hidden">Theme</legend>
      {THEME_CHOICES.map((choice) => (
        <label key={choice} title={LABELS[choice]} className={styles.option}>
          <input
            type="radio"
            name="theme"
            className="visually-hidden"
            checked={chosen === choice}
            onChange={() => chooseTheme(choice)}
          />
          <Icon name={ICONS[choice]} />
          <span className="visually-hidden">{LABELS[choice]}</span>
        </label>
      ))}
    </fieldset>
  );
}
