import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { AttemptEntity } from './attempt.js';

/**
 * Which attempt computes what a network says of images (`libs/teacher-outputs`), so that others need not do it too. It
 * guards nothing: a row that is lost costs double work.
 */
@Entity('output_leases')
export class OutputLeaseEntity {
  @PrimaryColumn('text')
  address!: string;

  /** Its token. */
  @Index()
  @Column('uuid')
  attempt!: string;

  @ManyToOne(() => AttemptEntity, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'attempt' })
  holder!: Relation<AttemptEntity>;

  /** By the database's clock. From then on it is anybody's. */
  @Column({ type: 'timestamptz', precision: 3 })
  expiresAt!: Date;
}
