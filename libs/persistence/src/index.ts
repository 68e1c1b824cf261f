export * from './attempt-store.js';
