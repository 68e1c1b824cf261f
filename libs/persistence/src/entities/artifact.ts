import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Bytes in the artifact store, known to the database. */
@Entity('artifacts')
export class ArtifactEntity {
  @PrimaryColumn('text')
  sha256!: string;

  /** Bytes. A bigint, which the driver gives as text. */
  @Column('bigint')
  size!: string;

  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' })
  createdAt!: Date;
}
