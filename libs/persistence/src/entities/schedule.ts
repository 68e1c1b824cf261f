import type { Schedule, Spec } from '#contracts';
import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { ProjectEntity } from './project.js';

/** Submits an experiment at the times of a cron expression. */
@Entity('schedules')
@Index(['projectId', 'name'], { unique: true })
@Index(['createdAt', 'id'])
export class ScheduleEntity {
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
  cron!: string;

  @Column('text')
  timeZone!: string;

  @Column('text')
  overlap!: Schedule['overlap'];

  @Column('boolean')
  paused!: boolean;

  @Column('json')
  spec!: Spec;

  /** The next time to fire; none while paused, or where the expression has no more times. */
  @Index({ where: 'next_due_at IS NOT NULL' })
  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  nextDueAt!: Date | null;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  lastFiredAt!: Date | null;

  /** Without a foreign key: experiments refer to schedules, and are never deleted. */
  @Column('uuid', { nullable: true })
  lastExperimentId!: string | null;

  @Column({ type: 'timestamptz', precision: 3 })
  createdAt!: Date;
}
