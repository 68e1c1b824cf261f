import os from 'node:os';
import { Command, InvalidArgumentError } from 'commander';

/**
 * The command line of a bench: `--help` lists its options; a wrong one ends it with a line that says which, and why.
 * @param name how it is called, such as `npm run bench:engine --`
 */
export function benchCommand(name, description) {
  return new Command(name)
    .description(description)
    .helpOption('--help')
    .showHelpAfterError('(--help lists the options)');
}

/** Threads that a bench uses, unless told: one for each processor. */
export const PROCESSORS = os.availableParallelism();

/** For `option()`: a whole number, so large at least. */
export function wholeFrom(least) {
  return (text) => {
    if (!/^\d+$/.test(text) || Number(text) < least)
      throw new InvalidArgumentError(`It must be a whole number, at least ${least}.`);
    return Number(text);
  };
}

export const count = wholeFrom(1);

/** For `option()`: seconds and the like. */
export function positive(text) {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value <= 0)
    throw new InvalidArgumentError('It must be a number above 0.');
  return value;
}

/** For `option()`: values with commas between them, each as `parse` has it. */
export function listOf(parse) {
  return (text) => text.split(',').map((each) => parse(each));
}

/** For `option()`: one of these. */
export function oneOf(names) {
  return (text) => {
    if (!names.includes(text)) throw new InvalidArgumentError(`There are ${names.join(', ')}.`);
    return text;
  };
}

/** For `option()`: a regular expression. */
export function pattern(text) {
  try {
    return new RegExp(text);
  } catch (error) {
    throw new InvalidArgumentError(`${error.message}.`);
  }
}
