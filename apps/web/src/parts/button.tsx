import type { ButtonHTMLAttributes, ReactNode } from 'react';
import { Link, type LinkProps } from 'react-router';
import { Icon, type IconName } from './icon.js';
import styles from './button.module.css';

type Look = 'plain' | 'primary' | 'danger' | 'quiet';

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: Look;
  icon?: IconName;
  /** The action is under way: the button stays where it is, says so, and takes no second press. */
  busy?: boolean;
  /** Shows the icon alone; the children remain the button's name. */
  iconOnly?: boolean;
  children: ReactNode;
}

export function Button({ look = 'plain', icon, busy = false, iconOnly = false, children, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      disabled={rest.disabled === true || busy}
      aria-busy={busy || undefined}
      className={`${styles.button} ${styles[look]} ${iconOnly ? styles.iconOnly : ''}`}
      title={iconOnly && typeof children === 'string' ? children : rest.title}
    >
      {icon !== undefined && <Icon name={icon} />}
      <span className={iconOnly ? 'visually-hidden' : undefined}>{children}</span>
    </button>
  );
}

export function ButtonLink({ look = 'plain', icon, children, ...rest }: LinkProps & { look?: Look; icon?: IconName }) {
  return (
    <Link {...rest} className={`${styles.button} ${styles[look]}`}>
      {icon !== undefined && <Icon name={icon} />}
      {children}
    </Link>
  );
}
