import type { WorkerView } from '#contracts';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A worker process, alive while its heartbeat is fresh and it has not left. */
@Entity('workers')
export class WorkerEntity {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('text')
  name!: string;

  @Column('integer')
  slots!: number;

  @Column('text')
  accelerator!: WorkerView['accelerator'];

  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' })
  startedAt!: Date;

  @Index()
  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' })
  lastSeenAt!: Date;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  leftAt!: Date | null;
}
