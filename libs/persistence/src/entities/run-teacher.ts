import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { RunEntity } from './run.js';

/** A run whose model teaches another one, which waits until all of its teachers have completed. */
@Entity('run_teachers')
export class RunTeacherEntity {
  @PrimaryColumn('uuid')
  runId!: string;

  @ManyToOne(() => RunEntity, { onDelete: 'CASCADE' })
  @JoinColumn()
  run!: Relation<RunEntity>;

  /** Place among the teachers of the run's spec, from 0; those that are no runs have no row. */
  @PrimaryColumn('integer')
  member!: number;

  @Index()
  @Column('uuid')
  teacherRunId!: string;

  @ManyToOne(() => RunEntity, { onDelete: 'RESTRICT' })
  @JoinColumn()
  teacherRun!: Relation<RunEntity>;
}
