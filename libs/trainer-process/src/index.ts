export { startTrainer, type TrainerOptions, type TrainerOutcome, type TrainerProcess } from './start-trainer.js';
export { planSlots, thisMachine, type Machine, type SlotPlan } from './plan-slots.js';
export { trainerGpus, type TrainerGpusOptions } from './trainer-gpus.js';
