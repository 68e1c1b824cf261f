import { createBrowserRouter } from 'react-router';
import { NotFoundPage } from '../pages/not-found/not-found-page.js';
import { RunsPage } from '../pages/runs/runs-page.js';
import { Shell } from './shell.js';
import { PageError } from './page-error.js';

/** Charts and the editor are large: the pages that use them are loaded when they are first visited. */
export function createRouter() {
  return createBrowserRouter([
    {
      path: '/',
      Component: Shell,
      ErrorBoundary: PageError,
      // While the first page's code is fetched there is nothing worth showing.
      HydrateFallback: () => null,
      children: [
        {
          ErrorBoundary: PageError,
          children: [
            { index: true, Component: RunsPage },
            {
              path: 'runs/:id',
              lazy: async () => ({ Component: (await import('../pages/run/run-page.js')).RunPage }),
            },
            {
              path: 'experiments/:id',
              lazy: async () => ({ Component: (await import('../pages/study/study-page.js')).StudyPage }),
            },
            {
              path: 'compare',
              lazy: async () => ({ Component: (await import('../pages/compare/compare-page.js')).ComparePage }),
            },
            {
              path: 'submit',
              lazy: async () => ({ Component: (await import('../pages/submit/submit-page.js')).SubmitPage }),
            },
            {
              path: 'schedules',
              lazy: async () => ({ Component: (await import('../pages/schedules/schedules-page.js')).SchedulesPage }),
            },
            {
              path: 'schedules/new',
              lazy: async () => ({ Component: (await import('../pages/schedules/schedule-page.js')).NewSchedulePage }),
            },
            {
              path: 'schedules/:id',
              lazy: async () => ({ Component: (await import('../pages/schedules/schedule-page.js')).EditSchedulePage }),
            },
            {
              path: 'models',
              lazy: async () => ({ Component: (await import('../pages/models/models-page.js')).ModelsPage }),
            },
            {
              path: 'workers',
              lazy: async () => ({ Component: (await import('../pages/workers/workers-page.js')).WorkersPage }),
            },
            { path: '*', Component: NotFoundPage },
          ],
        },
      ],
    },
  ]);
}
