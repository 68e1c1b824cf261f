import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One row: the newest event that was trimmed. A cursor before it cannot be resumed without loss. */
@Entity('event_horizon')
export class EventHorizonEntity {
  @PrimaryColumn('boolean', { default: true })
  singleton!: boolean;

  @Column('bigint', { default: 0 })
  transaction!: string;

  @Column('bigint', { default: 0 })
  id!: string;
}
