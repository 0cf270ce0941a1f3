import type { ComponentChildren } from 'preact';
import { Button } from '../../ui/Button';
import { Empty } from '../../ui/Empty';
import type { IconName } from '../../ui/Icon';
import { More, Show, type Pages } from './load';

interface Props<T> {
  of: Pages<T>;
  /** What the records are for. */
  intro: string;
  /** The button that makes one, where one can be made. */
  add?: { label: string; run(): void };
  /** What stands beside the intro: filters. */
  filters?: ComponentChildren;
  none: { icon: IconName; title: string; text: string };
  line(record: T): ComponentChildren;
}

/** A view that lists records: what they are for, the way to make one, the list or what to do when it is empty. */
export function Records<T extends { id: string }>({ of, intro, add, filters, none, line }: Props<T>) {
  const button = add && (
    <Button kind="primary" icon="plus" onClick={add.run}>
      {add.label}
    </Button>
  );
  return (
    <div class="admin-stack">
      <div class="admin-bar">
        <p class="quiet">{intro}</p>
        <div class="section-actions">
          {filters}
          {of.data && of.data.length > 0 && button}
        </div>
      </div>
      <Show of={of}>
        {(list) =>
          list.length === 0 ? (
            <Empty icon={none.icon} title={none.title} actions={button}>
              <p>{none.text}</p>
            </Empty>
          ) : (
            <ul class="lines">
              {list.map((record) => (
                <li key={record.id}>{line(record)}</li>
              ))}
            </ul>
          )
        }
      </Show>
      <More of={of} />
    </div>
  );
}
