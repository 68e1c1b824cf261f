// DESIGN's arrows: who may import whom. An arrow that is not listed is an error.
const mayImport = {
  contracts: [],
  config: ['contracts'],
  engine: ['contracts'],
  models: ['contracts', 'engine'],
  datasets: ['contracts', 'engine'],
  pipelines: ['contracts', 'engine', 'models', 'datasets', 'teacher-outputs'],
  'teacher-outputs': [],
  queue: ['contracts', 'config'],
  persistence: ['contracts', 'config'],
  artifacts: ['contracts', 'config'],
  'trainer-process': ['contracts'],
};
const apps = {
  api: ['contracts', 'config', 'queue', 'persistence', 'artifacts'],
  worker: ['contracts', 'config', 'queue', 'persistence', 'artifacts', 'trainer-process'],
  trainer: ['contracts', 'engine', 'models', 'datasets', 'pipelines', 'teacher-outputs'],
  cli: ['contracts', 'config', 'engine', 'persistence', 'teacher-outputs', 'trainer-process'],
  web: ['contracts'],
};
const machineLearning = '^libs/(contracts|engine|models|datasets|pipelines|teacher-outputs)/';
const rules = [
  ...Object.entries(mayImport).map(([lib, allowed]) => ({
    name: `lib-${lib}`,
    severity: 'error',
    from: { path: `^libs/${lib}/` },
    to: { path: '^(libs|apps)/', pathNot: `^libs/(${[lib, ...allowed].join('|')})/` },
  })),
  ...Object.entries(apps).map(([app, allowed]) => ({
    name: `app-${app}`,
    severity: 'error',
    from: { path: `^apps/${app}/` },
    to: { path: '^(libs|apps)/', pathNot: `^(apps/${app}|libs/(${allowed.join('|')}))/` },
  })),
];
module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'machine-learning-knows-no-cluster',
      severity: 'error',
      from: { path: machineLearning },
      to: { path: '(^|node_modules/)(@nestjs/|typeorm|bullmq|ioredis|minio|pg)(/|$)' },
    },
    {
      name: 'one-owner-per-driver',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: '^libs/queue/' },
      to: { path: '(^|node_modules/)(bullmq|ioredis)(/|$)' },
    },
    {
      name: 'minio-is-behind-artifacts',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: '^libs/artifacts/' },
      to: { path: '(^|node_modules/)minio(/|$)' },
    },
    {
      name: 'tensorflow-only-in-the-ml-rooms',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: '^libs/(engine|models|datasets|pipelines)/|^apps/trainer/' },
      to: { path: '(^|node_modules/)@tensorflow/' },
    },
    {
      name: 'enter-a-lib-through-its-index',
      severity: 'error',
      from: { path: '^(apps|libs)/([^/]+)/' },
      to: { path: '^libs/([^/]+)/src/(?!index\\.ts$)', pathNot: '^$1/$2/' },
    },
    ...rules,
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.tsx', '.js'],
      conditionNames: ['ts-src', 'import', 'require', 'node', 'default', 'types'],
      exportsFields: ['exports'],
      mainFields: ['module', 'main', 'types'],
    },
  },
};
