import { usableGpus } from '#engine';

/*
 * Writes as JSON the GPUs that trainers of this machine would compute on, by the names that CUDA_VISIBLE_DEVICES takes.
 * A worker asks for them by this program, since only trainers know the engine.
 */

process.stdout.write(`${JSON.stringify((await usableGpus()).map(({ uuid }) => uuid))}\n`);
