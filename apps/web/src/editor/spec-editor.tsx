import { yaml } from '@codemirror/lang-yaml';
import { lintGutter, setDiagnostics, type Diagnostic } from '@codemirror/lint';
import { EditorState } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { basicSetup } from 'codemirror';
import { useEffect, useImperativeHandle, useRef, type Ref } from 'react';
import type { SpecIssue } from '#contracts';
import { editorTheme } from './editor-theme.js';
import styles from './spec-editor.module.css';

export interface SpecEditorHandle {
  /** Puts the cursor at an issue's place. */
  goTo(issue: SpecIssue): void;
}

interface SpecEditorProps {
  text: string;
  onChange(text: string): void;
  /** Shown beside their lines. */
  issues: readonly SpecIssue[];
  label: string;
  describedBy?: string;
  ref?: Ref<SpecEditorHandle>;
}

/** A YAML editor. Tab moves on to the next control (Ctrl-M then Tab indents), so that the keyboard is never trapped. */
export function SpecEditor({ text, onChange, issues, label, describedBy, ref }: SpecEditorProps) {
  const box = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const changed = useRef(onChange);
  const initial = useRef(text);
  useEffect(() => {
    changed.current = onChange;
  });

  useEffect(() => {
    if (box.current === null) return undefined;
    const editor = new EditorView({
      parent: box.current,
      state: EditorState.create({
        doc: initial.current,
        extensions: [
          basicSetup,
          yaml(),
          lintGutter(),
          editorTheme,
          EditorView.contentAttributes.of({
            'aria-label': label,
            // Editable is focusable; said outright, so that whatever scrolls the text is known to be within reach of the keyboard.
            tabindex: '0',
            ...(describedBy === undefined ? {} : { 'aria-describedby': describedBy }),
          }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) changed.current(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = editor;
    return () => {
      initial.current = editor.state.doc.toString();
      view.current = undefined;
      editor.destroy();
    };
  }, [label, describedBy]);

  useEffect(() => {
    const editor = view.current;
    if (editor === undefined || editor.state.doc.toString() === text) return;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: text } });
  }, [text]);

  useEffect(() => {
    const editor = view.current;
    if (editor === undefined) return;
    editor.dispatch(
      setDiagnostics(
        editor.state,
        issues.map((issue) => diagnostic(editor.state, issue)),
      ),
    );
  }, [issues]);

  useImperativeHandle(ref, () => ({
    goTo(issue) {
      const editor = view.current;
      if (editor === undefined) return;
      const { from } = diagnostic(editor.state, issue);
      editor.dispatch({ selection: { anchor: from }, effects: EditorView.scrollIntoView(from, { y: 'center' }) });
      editor.focus();
    },
  }));

  return <div ref={box} className={styles.editor} />;
}

/** From the issue's place to the end of its line. */
function diagnostic(state: EditorState, { line = 1, column = 1, path, message }: SpecIssue): Diagnostic {
  const { from, to } = state.doc.line(Math.min(Math.max(1, line), state.doc.lines));
  return {
    from: Math.min(from + column - 1, to),
    to,
    severity: 'error',
    message: path === '' ? message : `${path}: ${message}`,
  };
}
