import { LOG_LEVELS, type LogLevel, type LogLine } from '#contracts';
import { useQuery } from '@tanstack/react-query';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef, useState } from 'react';
import { logsQuery } from '../../api/queries.js';
import pageStyles from '../../app/page.module.css';
import { clockTime, dateTime } from '../../format/times.js';
import { useLive } from '../../live/live-context.js';
import { CopyButton } from '../../parts/copy-button.js';
import { Loading } from '../../parts/loading.js';
import { ProblemNotice } from '../../parts/problem-notice.js';
import styles from './logs.module.css';

const LINE_PX = 21;

export function Logs({ runId, isOpen }: { runId: string; isOpen: boolean }) {
  const { recent } = useLive();
  const query = useQuery(logsQuery(runId, recent));
  const [level, setLevel] = useState<LogLevel>('info');
  const [follow, setFollow] = useState(true);
  const lines = useMemo(
    () => (query.data ?? []).filter((line) => LOG_LEVELS.indexOf(line.level) >= LOG_LEVELS.indexOf(level)),
    [query.data, level],
  );
  return (
    <section className={pageStyles.card} aria-labelledby="logs">
      <header className={pageStyles.cardHeader}>
        <h2 id="logs">Log</h2>
        <div className={styles.tools}>
          <select
            aria-label="Least level shown"
            value={level}
            onChange={(event) => setLevel(event.target.value as LogLevel)}
          >
            {LOG_LEVELS.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
          {isOpen && (
            <label>
              <input type="checkbox" checked={follow} onChange={(event) => setFollow(event.target.checked)} /> Follow
            </label>
          )}
          <CopyButton text={lines.map(asText).join('\n')} label="Copy the log" iconOnly />
        </div>
      </header>
      {query.isPending && <Loading what="the log" />}
      {query.isError && (
        <ProblemNotice error={query.error} title="The log cannot be shown" onRetry={() => void query.refetch()} />
      )}
      {query.isSuccess && lines.length === 0 && (
        <p className={styles.none}>
          {query.data.length === 0 ? 'Nothing has been logged yet.' : `No line of level ${level} or above.`}
        </p>
      )}
      {lines.length > 0 && <Lines lines={lines} follow={follow} onFollow={setFollow} />}
    </section>
  );
}

interface LinesProps {
  lines: LogLine[];
  follow: boolean;
  onFollow(follow: boolean): void;
}

/** Only the lines in sight are in the document. Scrolling up stops following, scrolling to the end resumes it. */
function Lines({ lines, follow, onFollow }: LinesProps) {
  const box = useRef<HTMLDivElement>(null);
  const virtualizer = useVirtualizer({
    count: lines.length,
    estimateSize: () => LINE_PX,
    getScrollElement: () => box.current,
    overscan: 20,
  });

  useEffect(() => {
    if (follow) virtualizer.scrollToIndex(lines.length - 1, { align: 'end' });
  }, [follow, lines.length, virtualizer]);

  const scrolledByHand = () => {
    const element = box.current;
    if (element === null) return;
    const isAtEnd = element.scrollHeight - element.scrollTop - element.clientHeight < 2 * LINE_PX;
    if (isAtEnd !== follow) onFollow(isAtEnd);
  };

  return (
    <div
      ref={box}
      className={styles.box}
      tabIndex={0}
      role="log"
      aria-live="off"
      aria-labelledby="logs"
      onWheel={() => requestAnimationFrame(scrolledByHand)}
      onKeyUp={scrolledByHand}
      onTouchEnd={scrolledByHand}
    >
      <div style={{ height: virtualizer.getTotalSize(), position: 'relative' }}>
        {virtualizer.getVirtualItems().map((item) => {
          const line = lines[item.index];
          return (
            <div
              key={line.seq}
              data-index={item.index}
              data-level={line.level}
              ref={virtualizer.measureElement}
              className={styles.line}
              style={{ transform: `translateY(${item.start}px)` }}
            >
              <time dateTime={line.at} title={dateTime(line.at)}>
                {clockTime(line.at).slice(0, 8)}
              </time>
              {line.level !== 'info' && <span className={styles.level}>{line.level}</span>}
              <span className={styles.message}>{line.message}</span>
            </div>
          );
        })}
      </div>
    </div>
  );
}

function asText(line: LogLine): string {
  return `${line.at} ${line.level} ${line.message}`;
}
