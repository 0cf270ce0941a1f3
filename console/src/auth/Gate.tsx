import type { ComponentChildren } from 'preact';
import { chooseLanguage, language, languageNames, type Language } from '../i18n/translate';
import { Button } from '../ui/Button';
import { Icon } from '../ui/Icon';

/** The card in the middle of an empty page, for who is not signed in. */
export function Gate({ title, text, children }: { title: string; text?: string | undefined; children: ComponentChildren }) {
  return (
    <main class="gate">
      <div class="gate-card">
        <span class="brand">
          <img class="brand-mark" src="/console/favicon.svg" alt="" width={26} height={26} />
          Threadhub
        </span>
        <div>
          <h1>{title}</h1>
          {text && <p class="quiet">{text}</p>}
        </div>
        {children}
      </div>
      <div class="gate-foot">
        {(Object.keys(languageNames) as Language[]).map((id) => (
          <Button key={id} kind="quiet" size="small" lang={id} aria-pressed={language.value === id} onClick={() => void chooseLanguage(id)}>
            {languageNames[id]}
          </Button>
        ))}
      </div>
    </main>
  );
}

/** What went wrong, above the buttons of a form. */
export function FormError({ children }: { children: ComponentChildren }) {
  return (
    <p class="alert" role="alert">
      <Icon name="warning" />
      <span>{children}</span>
    </p>
  );
}
