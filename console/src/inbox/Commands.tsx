import { useRef, useState } from 'preact/hooks';
import { t } from '../i18n/translate';
import { Dialog } from '../ui/Dialog';
import { Icon, type IconName } from '../ui/Icon';

export interface Command {
  id: string;
  label: string;
  icon: IconName;
  keys?: string | undefined;
  run(): void;
}

/** Everything that can be done from here, found by typing. */
export function Commands({ commands, onClose }: { commands: readonly Command[]; onClose(): void }) {
  const [query, setQuery] = useState('');
  const [at, setAt] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  const wanted = query.trim().toLocaleLowerCase();
  const shown = wanted ? commands.filter((c) => c.label.toLocaleLowerCase().includes(wanted)) : commands;
  const run = (command: Command | undefined) => {
    if (!command) return;
    onClose();
    command.run();
  };
  const move = (step: number) => {
    const next = (at + step + shown.length) % Math.max(1, shown.length);
    setAt(next);
    list.current?.children[next]?.scrollIntoView({ block: 'nearest' });
  };
  return (
    <Dialog title={t('commands.title')} bare onClose={onClose}>
      <div class="commands">
        <input
          class="input"
          type="text"
          role="combobox"
          aria-expanded="true"
          aria-controls="commands-list"
          aria-activedescendant={shown[at] ? `command-${shown[at].id}` : undefined}
          aria-label={t('commands.title')}
          placeholder={t('commands.search')}
          autofocus
          value={query}
          onInput={(e) => {
            setQuery(e.currentTarget.value);
            setAt(0);
          }}
          onKeyDown={(e) => {
            if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
              e.preventDefault();
              move(e.key === 'ArrowDown' ? 1 : -1);
            } else if (e.key === 'Enter') {
              e.preventDefault();
              run(shown[at]);
            }
          }}
        />
        <ul id="commands-list" ref={list} role="listbox" aria-label={t('commands.title')}>
          {shown.map((c, i) => (
            <li key={c.id} id={`command-${c.id}`} role="option" aria-selected={i === at} class="menu-line" onClick={() => run(c)} onPointerMove={() => setAt(i)}>
              <Icon name={c.icon} size={16} />
              <span class="menu-label">{c.label}</span>
              {c.keys && <kbd>{c.keys}</kbd>}
            </li>
          ))}
        </ul>
        {shown.length === 0 && <p class="menu-none">{t('menu.none')}</p>}
      </div>
    </Dialog>
  );
}
