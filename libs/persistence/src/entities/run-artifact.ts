import type { ArtifactKind } from '#contracts';
import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { ArtifactEntity } from './artifact.js';
import { RunEntity } from './run.js';

/** A named file of a run. The same name again replaces the earlier one. */
@Entity('run_artifacts')
export class RunArtifactEntity {
  @PrimaryColumn('uuid')
  runId!: string;

  @ManyToOne(() => RunEntity, { onDelete: 'CASCADE' })
  @JoinColumn()
  run!: Relation<RunEntity>;

  @PrimaryColumn('text')
  name!: string;

  @Column('text')
  kind!: ArtifactKind;

  @Index()
  @Column('text')
  sha256!: string;

  @ManyToOne(() => ArtifactEntity, { onDelete: 'RESTRICT' })
  @JoinColumn({ name: 'sha256' })
  artifact!: Relation<ArtifactEntity>;

  /** Of a file of outputs (`outputs/ADDRESS/…`): where they belong, for runs that ask the same. */
  @Index({ where: 'output_address IS NOT NULL' })
  @Column('text', { nullable: true })
  outputAddress!: string | null;

  /** Number of the attempt that wrote it. */
  @Column('integer')
  attempt!: number;

  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' })
  createdAt!: Date;
}
