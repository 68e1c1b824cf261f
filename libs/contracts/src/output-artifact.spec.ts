import { expect, it } from 'vitest';
import { outputAddress } from './output-artifact.js';

const ADDRESS = 'a'.repeat(64);
const SHA256 = '0'.repeat(64);

it.each([
  [`outputs/${ADDRESS}/${SHA256}.rows`, ADDRESS],
  [`outputs/${ADDRESS}/entry.json`, ADDRESS],
  [`outputs/${ADDRESS}/../../model.json`, null],
  [`outputs/${ADDRESS}/${SHA256}.rows.work`, null],
  [`outputs/${ADDRESS.toUpperCase()}/entry.json`, null],
  [`/outputs/${ADDRESS}/entry.json`, null],
  ['model/model.json', null],
])('%s belongs to outputs %s', (name, address) => expect(outputAddress(name)).toBe(address));
