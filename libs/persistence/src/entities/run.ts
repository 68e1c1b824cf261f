import type { Failure, PipelineName, Progress, RunState, Spec } from '#contracts';
import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { ExperimentEntity } from './experiment.js';
import { ProjectEntity } from './project.js';

/**
 * One execution of an experiment for one seed and one matrix point. Its state moves in `run-lifecycle.ts` alone.
 * What a person wrote is json, not jsonb: the order of its keys is kept.
 */
@Entity('runs')
@Index(['createdAt', 'id'])
@Index(['projectId', 'createdAt', 'id'])
@Index(['state', 'createdAt', 'id'])
@Index(['state', 'id'])
@Index(['experimentName', 'id'])
@Index(['bestMetricValue', 'id'])
@Index(['experimentId', 'position'], { unique: true })
@Index(['projectId', 'experimentName', 'createdAt'])
export class RunEntity {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid')
  experimentId!: string;

  @ManyToOne(() => ExperimentEntity, { onDelete: 'RESTRICT' })
  @JoinColumn()
  experiment!: Relation<ExperimentEntity>;

  @Column('uuid')
  projectId!: string;

  @ManyToOne(() => ProjectEntity, { onDelete: 'RESTRICT' })
  @JoinColumn()
  project!: Relation<ProjectEntity>;

  /** The experiment's, kept here so that listings sort and filter by one table. */
  @Column('text')
  experimentName!: string;

  @Column('text')
  pipeline!: PipelineName;

  /** Name or folder of the dataset, for listings. */
  @Column('text')
  dataset!: string;

  /** Name of the model that is trained, for listings. */
  @Column('text')
  model!: string;

  /** Place among the experiment's runs, from 0. */
  @Column('integer')
  position!: number;

  @Column('integer')
  seed!: number;

  /** Matrix point: dotted path → value. */
  @Column('json')
  point!: Record<string, unknown>;

  /** Seed and matrix point are applied. */
  @Column('json')
  spec!: Spec;

  @Column('text')
  state!: RunState;

  /** Number of the newest attempt; 0 before the first. A published message asks for the number after it. */
  @Column('integer', { default: 0 })
  attempt!: number;

  /** Attempts that failed since the submission or the last retry by a person. */
  @Column('integer', { default: 0 })
  failures!: number;

  /** Attempts whose worker was lost since the submission or the last retry by a person. */
  @Column('integer', { default: 0 })
  losses!: number;

  @Column('jsonb', { nullable: true })
  progress!: Progress | null;

  /** Newest value of every key. */
  @Column('jsonb', { default: () => "'{}'" })
  metrics!: Record<string, number>;

  @Column('text', { nullable: true })
  bestMetricKey!: string | null;

  /** Minus infinity while there is none, so that a sorted listing needs no case for null. */
  @Column('double precision', { default: () => "'-Infinity'" })
  bestMetricValue!: number;

  @Column('jsonb', { nullable: true })
  failure!: Failure | null;

  @Column('boolean', { default: false })
  cancelRequested!: boolean;

  /** When the run may be taken by a worker: later than the moment it was queued, by the backoff. */
  @Index({ where: "state = 'queued'" })
  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  dueAt!: Date | null;

  /** When the queue was last given the message of the attempt that is due. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  publishedAt!: Date | null;

  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' })
  createdAt!: Date;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  startedAt!: Date | null;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  finishedAt!: Date | null;

  /** Name of the worker of the newest attempt. */
  @Column('text', { nullable: true })
  workerName!: string | null;
}
