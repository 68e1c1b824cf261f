import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { NavLink, Outlet, ScrollRestoration, useLocation, useNavigation } from 'react-router';
import { signOut } from '../api/endpoints.js';
import { sessionQuery } from '../api/queries.js';
import { LiveProvider } from '../live/live-provider.js';
import { LiveStatus } from '../live/live-status.js';
import { SignInPage } from '../pages/sign-in/sign-in-page.js';
import { Button } from '../parts/button.js';
import { Icon, type IconName } from '../parts/icon.js';
import { ProblemNotice } from '../parts/problem-notice.js';
import { ThemeSwitch } from '../theme/theme-switch.js';
import pageStyles from './page.module.css';
import styles from './shell.module.css';

const PLACES: { to: string; label: string; icon: IconName }[] = [
  { to: '/', label: 'Runs', icon: 'runs' },
  { to: '/submit', label: 'Submit', icon: 'submit' },
  { to: '/schedules', label: 'Schedules', icon: 'schedule' },
  { to: '/models', label: 'Models', icon: 'models' },
  { to: '/workers', label: 'Workers', icon: 'workers' },
];

/** The frame of every page: navigation, the state of the connection, and the sign-in where the API asks for one. */
export function Shell() {
  const session = useQuery(sessionQuery());
  if (session.isPending) return null;
  if (session.isError) {
    return (
      <main className={pageStyles.page}>
        <ProblemNotice
          error={session.error}
          title="The dashboard cannot reach its API"
          onRetry={() => void session.refetch()}
        />
      </main>
    );
  }
  if (session.data.required && !session.data.authenticated) return <SignInPage />;
  return (
    <LiveProvider>
      <Frame canSignOut={session.data.required} />
    </LiveProvider>
  );
}

function Frame({ canSignOut }: { canSignOut: boolean }) {
  const main = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  const previous = useRef(pathname);
  const isLoading = useNavigation().state === 'loading';

  // A new page is read from its beginning, as after a full page load.
  useEffect(() => {
    if (previous.current !== pathname) main.current?.focus();
    previous.current = pathname;
  }, [pathname]);

  return (
    <div className={styles.frame}>
      <a href="#main" className={styles.skip}>
        Skip to the content
      </a>
      <header className={styles.side}>
        <NavLink to="/" className={styles.brand} aria-label="Distillery, all runs">
          <img src="/favicon.svg" alt="" width="24" height="24" />
          <span>Distillery</span>
        </NavLink>
        <nav aria-label="Main" className={styles.nav}>
          {PLACES.map(({ to, label, icon }) => (
            <NavLink
              key={to}
              to={to}
              end={to === '/'}
              className={({ isActive }) =>
                isActive || (to === '/' && /^\/(runs|compare)/.test(pathname)) ? styles.here : styles.place
              }
            >
              <Icon name={icon} />
              <span>{label}</span>
            </NavLink>
          ))}
        </nav>
        <div className={styles.foot}>
          <LiveStatus />
          <ThemeSwitch />
          {canSignOut && <SignOut />}
        </div>
      </header>
      <main id="main" ref={main} tabIndex={-1} className={styles.main} aria-busy={isLoading}>
        <Outlet />
      </main>
      <ScrollRestoration />
    </div>
  );
}

function SignOut() {
  const client = useQueryClient();
  const leave = async () => {
    await signOut().catch(() => undefined);
    client.clear();
    window.location.assign('/');
  };
  return (
    <Button look="quiet" icon="signOut" onClick={() => void leave()}>
      Sign out
    </Button>
  );
}
