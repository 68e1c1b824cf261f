export { startTrainer, type TrainerOptions, type TrainerOutcome, type TrainerProcess } from './start-trainer.js';
