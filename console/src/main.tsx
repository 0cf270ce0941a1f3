import './styles/tokens.css';
import './styles/base.css';
import './styles/controls.css';
import './styles/overlays.css';
import './styles/shell.css';
import { render } from 'preact';
import { App } from './App';
import { start } from './auth/session';
import { startLanguage } from './i18n/translate';

const root = document.getElementById('app');
if (!root) throw new Error('the page has no place for the console');
// Without its words a language falls back to English; the console still works.
await startLanguage().catch(() => undefined);
void start();
render(<App />, root);
