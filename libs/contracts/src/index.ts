export * from './api.js';
export * from './errors.js';
export * from './matrix.js';
export * from './parse-spec.js';
export * from './report.js';
export * from './run-state.js';
export * from './spec.js';
export { issuesOf, nearest, type SpecIssue } from './spec-issues.js';
export * from './trainer-protocol.js';
