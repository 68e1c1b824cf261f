import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { useState } from 'react';
import { RouterProvider } from 'react-router/dom';
import { ApiProblem } from '../api/problem.js';
import { noteRefusal } from '../api/queries.js';
import { NoticesProvider } from '../parts/notices.js';
import { createRouter } from './router.js';

const MAX_RETRIES = 2;

export function App() {
  const [client] = useState(createQueryClient);
  const [router] = useState(createRouter);
  return (
    <QueryClientProvider client={client}>
      <NoticesProvider>
        <RouterProvider router={router} />
      </NoticesProvider>
    </QueryClientProvider>
  );
}

function createQueryClient(): QueryClient {
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({ onError: (error) => noteRefusal(error, client) }),
    mutationCache: new MutationCache({ onError: (error) => noteRefusal(error, client) }),
    defaultOptions: {
      queries: {
        // The event stream keeps the cache up to date; time and focus say nothing about it.
        staleTime: Infinity,
        refetchOnWindowFocus: false,
        refetchOnReconnect: false,
        // A refusal is final; a server that restarts is not.
        retry: (failures, error) =>
          failures < MAX_RETRIES && !(error instanceof ApiProblem && error.status < 500 && error.status !== 429),
      },
    },
  });
  return client;
}
