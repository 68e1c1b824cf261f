import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { ModelVersionEntity } from './model-version.js';

/** A name such as `champion` that points to one version of a model. */
@Entity('model_aliases')
export class ModelAliasEntity {
  @PrimaryColumn('uuid')
  modelId!: string;

  @PrimaryColumn('text')
  alias!: string;

  @Column('integer')
  version!: number;

  @ManyToOne(() => ModelVersionEntity, { onDelete: 'CASCADE' })
  @JoinColumn([
    { name: 'model_id', referencedColumnName: 'modelId' },
    { name: 'version', referencedColumnName: 'version' },
  ])
  modelVersion!: Relation<ModelVersionEntity>;
}
