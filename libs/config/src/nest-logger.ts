import type { Logger } from './logger.js';

/** Nest tells of each module and route that it sets up; that is worth a line only to those who look for it. */
export function nestLogger(logger: Logger) {
  return {
    log: (message: unknown, ...details: unknown[]) => logger.debug(message, ...details),
    warn: (message: unknown, ...details: unknown[]) => logger.warn(message, ...details),
    error: (message: unknown, ...details: unknown[]) => logger.error(message, ...details),
    fatal: (message: unknown, ...details: unknown[]) => logger.fatal(message, ...details),
  };
}
