import { OperationalError } from '#contracts';

/** The engine that was asked for cannot be loaded on this machine. */
export class EngineUnavailableError extends OperationalError {
  override name = 'EngineUnavailableError';
}
