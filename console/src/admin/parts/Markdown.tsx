import type { ComponentChildren } from 'preact';
import { Outside } from '../../ui/Linked';

const inline = /\*\*([^*]+)\*\*|`([^`]+)`|\[([^\]]+)\]\(([^)\s]+)\)/g;

function Inline({ text }: { text: string }) {
  const parts: ComponentChildren[] = [];
  let from = 0;
  for (const found of text.matchAll(inline)) {
    parts.push(text.slice(from, found.index));
    const [, strong, code, label, url] = found;
    if (strong !== undefined) parts.push(<strong>{strong}</strong>);
    else if (code !== undefined) parts.push(<code>{code}</code>);
    else parts.push(<Outside url={url ?? ''}>{label}</Outside>);
    from = found.index + found[0].length;
  }
  parts.push(text.slice(from));
  return <>{parts}</>;
}

const item = /^(?:(\d+)\.|[-*])\s+/;

/** The little Markdown of the hub's own texts: paragraphs, lists, headings, bold, code, links. */
export function Markdown({ text }: { text: string }) {
  const blocks: ComponentChildren[] = [];
  let lines: string[] = [];
  let list: { ordered: boolean; items: string[] } | undefined;
  let fence: string[] | undefined;
  const flush = () => {
    if (lines.length > 0) blocks.push(<p><Inline text={lines.join(' ')} /></p>);
    if (list) {
      const items = list.items.map((entry, i) => <li key={i}><Inline text={entry} /></li>);
      blocks.push(list.ordered ? <ol>{items}</ol> : <ul>{items}</ul>);
    }
    lines = [];
    list = undefined;
  };
  for (const line of text.split('\n')) {
    if (line.startsWith('```')) {
      if (fence) blocks.push(<pre class="code" tabIndex={0}>{fence.join('\n')}</pre>);
      else flush();
      fence = fence ? undefined : [];
    } else if (fence) {
      fence.push(line);
    } else if (line.trim() === '') {
      flush();
    } else if (/^#+\s/.test(line)) {
      flush();
      blocks.push(<h3>{line.replace(/^#+\s+/, '')}</h3>);
    } else if (item.test(line)) {
      const ordered = /^\d/.test(line);
      if (!list || list.ordered !== ordered) flush();
      list ??= { ordered, items: [] };
      list.items.push(line.replace(item, ''));
    } else if (list && list.items.length > 0) {
      list.items.push(`${list.items.pop() ?? ''} ${line.trim()}`);
    } else {
      lines.push(line.trim());
    }
  }
  flush();
  return <div class="prose">{blocks}</div>;
}
