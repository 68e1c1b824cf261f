import { config } from 'zod';

// zod speeds its parsers up with `new Function`, which the page's Content-Security-Policy forbids and reports.
// Imported before the first schema is used.
config({ jitless: true });
