export { parseArtifactsUrl, type ArtifactsLocation, type S3Credentials } from './artifacts-location.js';
export { cacheFolder } from './cache-folder.js';
export { environmentWith, loadCliConfig, type CliConfig } from './cli-config.js';
export { ConfigError, isLoopback, loadConfig, type Config, type ConfigProblem } from './config.js';
export { Logger, type LogFields, type LoggerOptions } from './logger.js';
export { personalTrainerEnvironment, trainerEnvironment } from './trainer-environment.js';
export { withoutPassword } from './without-password.js';
export { nestLogger } from './nest-logger.js';
