import type { ScheduleFiring } from '#contracts';
import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { ExperimentEntity } from './experiment.js';
import { ScheduleEntity } from './schedule.js';

/** One due time of a schedule. Its key makes a second submission of the same time impossible. */
@Entity('schedule_firings')
export class ScheduleFiringEntity {
  @PrimaryColumn('uuid')
  scheduleId!: string;

  @ManyToOne(() => ScheduleEntity, { onDelete: 'CASCADE' })
  @JoinColumn()
  schedule!: Relation<ScheduleEntity>;

  @PrimaryColumn({ type: 'timestamptz', precision: 3 })
  dueAt!: Date;

  @Column({ type: 'timestamptz', precision: 3 })
  firedAt!: Date;

  @Column('text')
  outcome!: ScheduleFiring['outcome'];

  @Column('uuid', { nullable: true })
  experimentId!: string | null;

  @ManyToOne(() => ExperimentEntity, { onDelete: 'SET NULL' })
  @JoinColumn()
  experiment!: Relation<ExperimentEntity> | null;

  /** Why it was skipped or failed, how late it was, how many times were left out. */
  @Column('text', { nullable: true })
  note!: string | null;
}
