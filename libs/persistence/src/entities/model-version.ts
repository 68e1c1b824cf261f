import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { ModelEntity } from './model.js';
import { RunEntity } from './run.js';

/** Versions count from 1; each is the model of a completed run. */
@Entity('model_versions')
export class ModelVersionEntity {
  @PrimaryColumn('uuid')
  modelId!: string;

  @ManyToOne(() => ModelEntity, { onDelete: 'CASCADE' })
  @JoinColumn()
  model!: Relation<ModelEntity>;

  @PrimaryColumn('integer')
  version!: number;

  @Index()
  @Column('uuid')
  runId!: string;

  @ManyToOne(() => RunEntity, { onDelete: 'RESTRICT' })
  @JoinColumn()
  run!: Relation<RunEntity>;

  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' })
  createdAt!: Date;
}
