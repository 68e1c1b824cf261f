import { useEffect, useState } from 'react';
import { Button } from './button.js';
import { useNotices } from './notices.js';

const CONFIRMED_MS = 1500;

/** Copies a text; says so on itself and to a screen reader. */
export function CopyButton({ text, label, iconOnly = false }: { text: string; label: string; iconOnly?: boolean }) {
  const { say, complain } = useNotices();
  const [copied, setCopied] = useState(false);

  useEffect(() => {
    if (!copied) return undefined;
    const timer = window.setTimeout(() => setCopied(false), CONFIRMED_MS);
    return () => window.clearTimeout(timer);
  }, [copied]);

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
      say('Copied');
    } catch {
      complain(new Error('The browser does not allow copying here. Select the text and copy it by hand.'));
    }
  };
  return (
    <Button look="quiet" icon={copied ? 'check' : 'copy'} iconOnly={iconOnly} onClick={() => void copy()}>
      {label}
    </Button>
  );
}
