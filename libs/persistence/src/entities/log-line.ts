import type { LogLevel } from '#contracts';
import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { RunEntity } from './run.js';

/** One line of a run's log; `seq` counts from 1 over all attempts. */
@Entity('log_lines')
export class LogLineEntity {
  @PrimaryColumn('uuid')
  runId!: string;

  @ManyToOne(() => RunEntity, { onDelete: 'CASCADE' })
  @JoinColumn()
  run!: Relation<RunEntity>;

  @PrimaryColumn('integer')
  seq!: number;

  /** Number of the attempt that wrote it. */
  @Column('integer')
  attempt!: number;

  @Column({ type: 'timestamptz', precision: 3 })
  at!: Date;

  @Column('text')
  level!: LogLevel;

  @Column('text')
  message!: string;
}
