export * from './engine.js';
export * from './optimizer.js';
export * from './program.js';
