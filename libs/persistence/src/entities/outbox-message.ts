import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { RunEntity } from './run.js';

/**
 * A publication that is due: written in the transaction that queues the run, deleted once the queue has the message.
 */
@Entity('outbox')
export class OutboxMessageEntity {
  @PrimaryColumn('uuid')
  runId!: string;

  @ManyToOne(() => RunEntity, { onDelete: 'CASCADE' })
  @JoinColumn()
  run!: Relation<RunEntity>;

  /** Number of the attempt that the message asks for. */
  @PrimaryColumn('integer')
  attempt!: number;

  /** Not to be delivered before. */
  @Column({ type: 'timestamptz', precision: 3 })
  dueAt!: Date;

  /** Until then one dispatcher has it; if that one dies, another takes it afterwards. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  claimedUntil!: Date | null;

  @Index()
  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' })
  createdAt!: Date;
}
