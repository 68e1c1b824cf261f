import { DefaultNamingStrategy, type NamingStrategyInterface, type Table } from 'typeorm';

/** Columns are named in the database's own style: `experimentId` is `experiment_id`. */
export class SnakeCaseNaming extends DefaultNamingStrategy implements NamingStrategyInterface {
  override columnName(propertyName: string, customName: string | undefined): string {
    return customName ?? snakeCase(propertyName);
  }

  override joinColumnName(relationName: string, referencedColumnName: string): string {
    return snakeCase(`${relationName}_${referencedColumnName}`);
  }

  /** Readable, so that a plan or an error names what it is about. */
  override indexName(tableOrName: Table | string, columns: string[]): string {
    return limited(`${this.getTableName(tableOrName)}_${columns.join('_')}_idx`);
  }

  override primaryKeyName(tableOrName: Table | string): string {
    return `${this.getTableName(tableOrName)}_pkey`;
  }

  override foreignKeyName(tableOrName: Table | string, columns: string[]): string {
    return limited(`${this.getTableName(tableOrName)}_${columns.join('_')}_fkey`);
  }

  override relationConstraintName(tableOrName: Table | string, columns: string[]): string {
    return limited(`${this.getTableName(tableOrName)}_${columns.join('_')}_rel`);
  }

  override uniqueConstraintName(tableOrName: Table | string, columns: string[]): string {
    return limited(`${this.getTableName(tableOrName)}_${columns.join('_')}_key`);
  }
}

/** Postgres cuts longer names without a word. */
const MAX_NAME = 63;

function limited(name: string): string {
  if (name.length > MAX_NAME) throw new Error(`the database name ${name} is longer than ${MAX_NAME} characters`);
  return name;
}

function snakeCase(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();
}
