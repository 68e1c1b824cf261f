import { OperationalError, UserError, type Failure } from '#contracts';

const MEMORY =
  /OOM when allocating|ResourceExhausted|bad_alloc|Array buffer allocation failed|Invalid array buffer length/i;

/** What the codes of system calls say about the surroundings, and what helps. */
const BY_CODE: Readonly<Record<string, { message: string; remedy: string }>> = {
  ...same(
    ['ENOSPC', 'EDQUOT'],
    'No space is left on the disk',
    'Free some space, or choose a folder on a larger disk.',
  ),
  ...same(
    ['EACCES', 'EPERM', 'EROFS'],
    'A file or folder may not be written or read',
    'Give the user that runs the trainer access to it, or choose another folder.',
  ),
  ...same(
    ['EMFILE', 'ENFILE'],
    'Too many files are open',
    'Raise the limit of open files (ulimit -n), or run fewer trainers at once.',
  ),
  ...same(['EIO', 'ESTALE', 'ENODEV'], 'The disk failed', 'Look at the disk and the kernel log.'),
  ENOMEM: {
    message: 'The machine is out of memory',
    remedy: 'Lower training.batchSize or image.size, or run fewer trainers at once.',
  },
  ...same(
    ['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'EPIPE'],
    'The network failed',
    'See whether this machine reaches the network, and try again.',
  ),
  ...same(
    ['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'UND_ERR_SOCKET'],
    'The network failed',
    'See whether this machine reaches the network, and try again.',
  ),
};

function same(codes: readonly string[], message: string, remedy: string) {
  return Object.fromEntries(codes.map((code) => [code, { message, remedy }]));
}

/** Whose fault an error is: the person's, the surroundings', or, where nothing says so, a defect of ours. */
export function failureOf(error: unknown): Failure {
  if (error instanceof UserError) {
    return { class: 'user', message: error.message, remedy: error.remedy, field: error.field };
  }
  if (error instanceof OperationalError) {
    return { class: 'operational', message: error.message, remedy: error.remedy };
  }
  const message = error instanceof Error ? error.message : String(error);
  for (const each of chain(error)) {
    const known = BY_CODE[(each as NodeJS.ErrnoException).code ?? ''];
    if (known !== undefined) {
      return { class: 'operational', message: `${known.message}: ${each.message}`, remedy: known.remedy };
    }
    if (MEMORY.test(each.message)) return { class: 'operational', message, remedy: BY_CODE.ENOMEM.remedy };
  }
  return { class: 'bug', message, stack: stackOf(error) };
}

/** An error and its causes, outermost first. */
function* chain(error: unknown): Generator<Error> {
  const seen = new Set<unknown>();
  for (let each = error; each instanceof Error && !seen.has(each); each = each.cause) {
    seen.add(each);
    yield each;
  }
}

function stackOf(error: unknown): string | undefined {
  const stacks = [...chain(error)].map((each) => each.stack ?? `${each.name}: ${each.message}`);
  return stacks.length === 0 ? undefined : stacks.join('\ncaused by ');
}
