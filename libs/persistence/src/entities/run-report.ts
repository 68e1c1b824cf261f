import type { Report } from '#contracts';
import { Column, Entity, JoinColumn, OneToOne, PrimaryColumn, type Relation } from 'typeorm';
import { RunEntity } from './run.js';

/** What a completed run found. Apart from the run's row, which every listing reads. */
@Entity('run_reports')
export class RunReportEntity {
  @PrimaryColumn('uuid')
  runId!: string;

  @OneToOne(() => RunEntity, { onDelete: 'CASCADE' })
  @JoinColumn()
  run!: Relation<RunEntity>;

  @Column('jsonb')
  report!: Report;
}
