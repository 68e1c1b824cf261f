import type { Failure } from '#contracts';

const MEMORY_REMEDY =
  'Lower training.batchSize or image.size, use fewer images, run fewer trainers at once, or give the machine more memory.';

/** What V8, the C++ runtime and TensorFlow print when memory is out. */
const OUT_OF_MEMORY = /heap out of memory|bad_alloc|out of memory|OOM when allocating|Cannot allocate memory/i;

/**
 * Why a trainer is gone that did not say so itself.
 * @param exit its exit code or signal, or the error with which it could not be started
 * @param output the end of what it printed
 */
export function failureOfExit(
  exit: { code: number | null; signal: NodeJS.Signals | null } | Error,
  output: string,
): Failure {
  if (exit instanceof Error) {
    return {
      class: 'operational',
      message: `The trainer could not be started: ${exit.message}`,
      remedy: 'Check the memory, the open files and the process limit of the machine.',
    };
  }
  const { code, signal } = exit;
  const lastWords = output === '' ? undefined : output;
  const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
  if (OUT_OF_MEMORY.test(output)) {
    return {
      class: 'operational',
      message: `The trainer ran out of memory and was ended ${how}.`,
      remedy: MEMORY_REMEDY,
      stack: lastWords,
    };
  }
  if (signal === 'SIGKILL') {
    return {
      class: 'operational',
      message: 'The trainer was killed from outside by SIGKILL; most often the machine ran out of memory.',
      remedy: MEMORY_REMEDY,
      stack: lastWords,
    };
  }
  if (signal === 'SIGTERM' || signal === 'SIGINT' || signal === 'SIGHUP') {
    return { class: 'operational', message: `The trainer was stopped from outside by ${signal}.`, stack: lastWords };
  }
  if (signal === 'SIGILL') {
    return {
      class: 'operational',
      message: 'The trainer crashed by SIGILL: this processor lacks an instruction that the engine was built with.',
      remedy: 'Run "distillery engine doctor", or choose the engine "wasm".',
      stack: lastWords,
    };
  }
  const summary = lastWords?.split('\n').at(-1);
  return {
    class: 'bug',
    message: `The trainer ended ${how} without a word${summary === undefined ? '' : `; it last printed: ${summary}`}.`,
    stack: lastWords,
  };
}
