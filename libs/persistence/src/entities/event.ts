import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/**
 * What happened, for those who watch. Ordered by (transaction, id): ids alone are handed out before the commit, so a
 * reader who goes by them would miss the event of a transaction that commits late (see `event-store.ts`).
 */
@Entity('events')
export class EventEntity {
  /** The 64-bit id of the transaction that wrote it. */
  @PrimaryColumn('bigint')
  transaction!: string;

  @PrimaryColumn('bigint', { generated: 'identity', generatedIdentity: 'ALWAYS' })
  id!: string;

  @Column('text')
  type!: string;

  @Column('uuid', { nullable: true })
  runId!: string | null;

  /** What the run's row does not say: points of curves, lines of logs. */
  @Column('jsonb', { nullable: true })
  payload!: unknown;

  @Index()
  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' })
  createdAt!: Date;
}
