// Fetches a wheel in a process of its own, to be killed in the middle of it.
import { fetchWheel } from '../../dist/libs/engine/src/install/fetch-wheel.js';

const { wheel, folder } = JSON.parse(process.argv[2]);
await fetchWheel(wheel, { folder, env: process.env });
