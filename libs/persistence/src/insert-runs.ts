import type { RunPlan, Spec } from '#contracts';
import { CHANNELS } from './channels.js';
import type { Transaction } from './database.js';
import { jsonb } from './json-value.js';
import { recordEvent } from './record-event.js';
import type { TeacherRun } from './teacher-reference.js';
import { timeOrderedId } from './time-ordered-id.js';

/**
 * Writes the runs of an experiment, in the order of their plans, and the publication of those that wait for no other run.
 * @returns their ids
 */
export async function insertRuns(
  tx: Transaction,
  experiment: { id: string; projectId: string; name: string },
  runs: { plan: RunPlan; teachers: readonly TeacherRun[] }[],
): Promise<string[]> {
  const now = Date.now();
  const ids = runs.map((_, position) => timeOrderedId(now, position));
  const idOf = new Map(runs.map(({ plan }, position) => [plan, ids[position]]));
  const teachers = runs.map(({ plan, teachers }): TeacherRun[] => [
    ...teachers,
    ...plan.teachers.map(({ plan: arm, member }) => ({ id: idOf.get(arm)!, member, state: 'queued' as const })),
  ]);
  await tx.query(
    `INSERT INTO runs (experiment_id, project_id, experiment_name, id, position, pipeline, dataset, model, seed, point,
       spec, state, due_at)
     SELECT $1, $2, $3, id, position, pipeline, dataset, model, seed, point::json, spec::json, state,
       CASE WHEN state = 'queued' THEN now() END
     FROM unnest($4::uuid[], $5::int[], $6::text[], $7::text[], $8::text[], $9::int[], $10::text[], $11::text[],
       $12::text[])
       AS run (id, position, pipeline, dataset, model, seed, point, spec, state)`,
    [
      experiment.id,
      experiment.projectId,
      experiment.name,
      ids,
      runs.map((_, position) => position),
      runs.map(({ plan }) => plan.spec.pipeline),
      runs.map(({ plan }) => datasetLabel(plan.spec)),
      runs.map(({ plan }) => modelLabel(plan.spec)),
      runs.map(({ plan }) => plan.seed),
      runs.map(({ plan }) => jsonb(plan.point)),
      runs.map(({ plan }) => jsonb(plan.spec)),
      teachers.map((all) => (all.every(({ state }) => state === 'completed') ? 'queued' : 'waiting')),
    ],
  );
  const taught = teachers.flatMap((all, position) => all.map((teacher) => ({ ...teacher, student: ids[position] })));
  await tx.query(
    `INSERT INTO run_teachers (run_id, member, teacher_run_id)
     SELECT * FROM unnest($1::uuid[], $2::int[], $3::uuid[])`,
    [taught.map(({ student }) => student), taught.map(({ member }) => member), taught.map(({ id }) => id)],
  );
  await tx.query(
    `INSERT INTO outbox (run_id, attempt, due_at)
     SELECT id, 1, due_at FROM runs WHERE experiment_id = $1 AND state = 'queued'`,
    [experiment.id],
  );
  await tx.query('SELECT pg_notify($1, $2)', [CHANNELS.outbox, '']);
  for (const runId of ids) await recordEvent(tx, { type: 'run', runId });
  return ids;
}

function datasetLabel({ dataset }: Spec): string {
  return 'name' in dataset ? dataset.name : dataset.path;
}

function modelLabel(spec: Spec): string {
  if (spec.pipeline === 'transfer') return spec.backbone.model;
  return spec.pipeline === 'distillation' ? spec.student.model : 'logistic';
}
