import { existsSync } from 'node:fs';
import { OperationalError } from '#contracts';
import { findEngine, installEngine } from '#engine';
import { findChromium } from '../../scripts/chromium.js';
import { installByApt } from './apt.js';
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

const FASHION_MNIST = '/usr/share/datasets/fashion-mnist';

/** Debian's package with the real Fashion-MNIST, of this machine, else, as root with apt, installed. */
export function findFashionMnist(): Promise<Service> {
  try {
    if (!existsSync(FASHION_MNIST)) installByApt('dataset-fashion-mnist', 'it comes with Debian and Ubuntu');
    return Promise.resolve(foundAt(FASHION_MNIST));
  } catch (error) {
    return Promise.reject(error as Error);
  }
}

/** It is nobody's own, so everyone gets the same and nothing is to be stopped. */
export function foundAt(place: string): Service {
  return { fresh: () => Promise.resolve(place), stop: () => Promise.resolve() };
}
