import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { RunEntity } from './run.js';

/** One value of one curve. */
@Entity('metric_points')
export class MetricPointEntity {
  @PrimaryColumn('uuid')
  runId!: string;

  @ManyToOne(() => RunEntity, { onDelete: 'CASCADE' })
  @JoinColumn()
  run!: Relation<RunEntity>;

  @PrimaryColumn('text')
  key!: string;

  @PrimaryColumn('integer')
  step!: number;

  @Column('double precision')
  value!: number;

  @Column({ type: 'timestamptz', precision: 3 })
  at!: Date;
}
