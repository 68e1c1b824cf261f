import type { Attempt, Failure } from '#contracts';
import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn, type Relation } from 'typeorm';
import { RunEntity } from './run.js';
import { WorkerEntity } from './worker.js';

/** One try at a run by one worker. */
@Entity('attempts')
@Index(['runId', 'number'], { unique: true })
export class AttemptEntity {
  /** The fencing token: whoever holds it writes, until another attempt begins or the run ends. */
  @PrimaryGeneratedColumn('uuid')
  token!: string;

  @Column('uuid')
  runId!: string;

  @ManyToOne(() => RunEntity, { onDelete: 'CASCADE' })
  @JoinColumn()
  run!: Relation<RunEntity>;

  @Column('integer')
  number!: number;

  /** The message that began it: delivered again, that message ends this attempt as lost and begins the next one. */
  @Column('integer')
  message!: number;

  @Index({ where: "outcome = 'running'" })
  @Column('uuid', { nullable: true })
  workerId!: string | null;

  @ManyToOne(() => WorkerEntity, { onDelete: 'SET NULL' })
  @JoinColumn()
  worker!: Relation<WorkerEntity> | null;

  /** Outlives the worker's row. */
  @Column('text')
  workerName!: string;

  @Column('text', { default: 'running' })
  outcome!: Attempt['outcome'];

  @Column('jsonb', { nullable: true })
  failure!: Failure | null;

  @Column('jsonb', { nullable: true })
  engine!: Attempt['engine'];

  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' })
  startedAt!: Date;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  finishedAt!: Date | null;
}
