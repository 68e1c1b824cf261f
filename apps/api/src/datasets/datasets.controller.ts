import { Controller } from '@nestjs/common';
import { DatasetViewSchema, listOf, type DatasetView } from '#contracts';
import { Endpoint } from '../http/endpoint.js';
import { knownDatasets } from './known-datasets.js';

@Controller('datasets')
export class DatasetsController {
  @Endpoint({ method: 'GET', summary: 'Datasets that a spec can name', response: listOf(DatasetViewSchema) })
  list(): { items: DatasetView[] } {
    return { items: knownDatasets() };
  }
}
