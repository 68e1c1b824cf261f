import { OperationalError } from '#contracts';
import { findEngine, installEngine } from '#engine';
import { findChromium } from '../../scripts/chromium.js';
import { ServiceMissing, type Service } from './service.js';

/** CHROMIUM_PATH, else a browser of this machine, else, as root with apt, installed. */
export function findBrowser(): Promise<Service> {
  try {
    return Promise.resolve(foundAt(findChromium()));
  } catch (error) {
    return Promise.reject(new ServiceMissing((error as Error).message));
  }
}

/** The user's installed engine, else installed there. */
export async function findTensorflow(): Promise<Service> {
  try {
    return foundAt(((await findEngine()) ?? (await installEngine())).folder);
  } catch (error) {
    const remedy = error instanceof OperationalError && error.remedy !== undefined ? ` (${error.remedy})` : '';
    throw new ServiceMissing(`${(error as Error).message}${remedy}`);
  }
}

/** It is nobody's own, so everyone gets the same and nothing is to be stopped. */
function foundAt(place: string): Service {
  return { fresh: () => Promise.resolve(place), stop: () => Promise.resolve() };
}
