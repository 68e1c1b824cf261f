import type { PipelineName, Spec } from '#contracts';
import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { ProjectEntity } from './project.js';
import { ScheduleEntity } from './schedule.js';

/** What a person or a schedule submitted. Immutable. */
@Entity('experiments')
@Index(['createdAt', 'id'])
@Index(['projectId', 'createdAt', 'id'])
@Index(['projectId', 'name', 'createdAt'])
@Index(['projectId', 'idempotencyKey'], { unique: true, where: 'idempotency_key IS NOT NULL' })
export class ExperimentEntity {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid')
  projectId!: string;

  @ManyToOne(() => ProjectEntity, { onDelete: 'RESTRICT' })
  @JoinColumn()
  project!: Relation<ProjectEntity>;

  @Column('text')
  name!: string;

  @Column('text')
  pipeline!: PipelineName;

  @Column('json')
  spec!: Spec;

  @Column('text', { nullable: true })
  idempotencyKey!: string | null;

  /** SHA-256 of the spec that came with the key: the same key with another spec is refused. */
  @Column('text', { nullable: true })
  idempotencyFingerprint!: string | null;

  @Index({ where: 'schedule_id IS NOT NULL' })
  @Column('uuid', { nullable: true })
  scheduleId!: string | null;

  @ManyToOne(() => ScheduleEntity, { onDelete: 'SET NULL' })
  @JoinColumn()
  schedule!: Relation<ScheduleEntity> | null;

  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' })
  createdAt!: Date;
}
