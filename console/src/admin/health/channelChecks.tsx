// What a channel's health report says, in the words of who has to act on it.
import type { ComponentChildren } from 'preact';
import type { Schema } from '../../api/client';
import { fullTime, shortTime, stretch, until } from '../../i18n/dates';
import { isKey, number, t } from '../../i18n/translate';
import { follow, href } from '../../router/router';
import { before } from '../parts/before';
import type { Check, Verdict } from './Checks';

type Channel = Schema['Channel'];
type Report = Schema['ChannelHealthReport'];

/** What the report does not hold: how much waits to be looked at. */
export interface Left {
  quarantine: number;
  dead: number;
  /** The count at which counting ended. */
  most: number;
}

const slow = 60; // seconds that a webhook may wait; the alert's own
const soon = 7 * 86_400; // seconds before an access token ends that one is told

function Way({ path, query, children }: { path: string; query?: URLSearchParams; children: ComponentChildren }) {
  return (
    <a href={href(path, query)} onClick={follow}>
      {children}
    </a>
  );
}

const stateVerdicts: Record<Report['state'], Verdict> = { ok: 'ok', unchecked: 'unknown', failing: 'warn', suspended: 'bad' };

/** Everything that is looked at of a channel. */
export function channelChecks(channel: Channel, report: Report, left: Left): Check[] {
  const at = `/admin/channels/${channel.id}`;
  return [access(channel, report, at), ...token(report, at), proof(channel, report, at), received(report, at), worked(report), unused(channel, left), ...sending(report), undelivered(channel, report, left)];
}

function access(channel: Channel, r: Report, at: string): Check {
  return {
    id: 'access',
    verdict: channel.enabled ? stateVerdicts[r.state] : 'unknown',
    title: t('health.access'),
    found: channel.enabled ? (r.detail ?? t(`health.${r.state}`)) : t('admin.channel.paused'),
    means: channel.enabled ? t(`admin.health.${r.state}Text`) : t('admin.health.pausedText'),
    todo: (r.state === 'suspended' || r.state === 'failing') && <Way path={`${at}/settings`}>{t('health.toSecrets')}</Way>,
  };
}

function token(r: Report, at: string): Check[] {
  const token = r.access_token;
  if (!token) return [];
  const left = token.expires_at ? until(token.expires_at) : Infinity;
  const bad = left <= 0;
  return [
    {
      id: 'token',
      verdict: bad ? 'bad' : token.warning || left < soon ? 'warn' : 'ok',
      title: t('health.token'),
      found: !token.expires_at ? t('health.tokenEver') : t(bad ? 'health.tokenEnded' : 'health.tokenUntil', { time: shortTime(token.expires_at) }),
      means: token.warning ?? t('health.tokenText'),
      todo: (bad || token.warning !== null) && <Way path={`${at}/settings`}>{t('health.toSecrets')}</Way>,
    },
  ];
}

function proof(channel: Channel, r: Report, at: string): Check {
  const { count, last_at: last } = r.signature_failures;
  const open = channel.warnings.length > 0;
  return {
    id: 'proof',
    verdict: open || count > 0 ? 'warn' : 'ok',
    title: t('health.proof'),
    found: count > 0 && last ? t('health.proofFailed', { count, time: before(last) }) : open ? t('health.proofOpen') : t('health.proofOk'),
    means: open ? channel.warnings.join(' ') : t(count > 0 ? 'health.proofFailedText' : 'health.proofText'),
    todo: (open || count > 0) && <Way path={`${at}/settings`}>{t('health.toSecrets')}</Way>,
  };
}

function received(r: Report, at: string): Check {
  const last = r.last_inbound_at;
  return {
    id: 'received',
    verdict: last ? 'ok' : 'unknown',
    title: t('admin.health.lastIn'),
    found: last ? before(last) : t('admin.health.never'),
    means: t(last ? 'health.receivedText' : 'health.receivedNever'),
    todo: <Way path={last ? `${at}/events` : `${at}/connect`}>{t(last ? 'admin.channel.page.events' : 'admin.channel.page.connect')}</Way>,
  };
}

function worked(r: Report): Check {
  const { pending } = r.recent_webhooks;
  const late = r.lag_seconds >= slow;
  return {
    id: 'worked',
    verdict: late ? 'bad' : r.lag_seconds >= 5 ? 'warn' : 'ok',
    title: t('health.worked'),
    found: pending === 0 ? t('health.workedNone') : t('health.workedWait', { count: pending, time: stretch(r.lag_seconds) }),
    means: t(late ? 'health.workedLate' : 'health.workedText'),
    todo: late && <Way path="/admin/health">{t('health.toHub')}</Way>,
  };
}

const counted = (n: number, most: number) => (n >= most ? t('admin.health.atLeast', { count: n }) : number(n));

function unused(channel: Channel, left: Left): Check {
  return {
    id: 'quarantine',
    verdict: left.quarantine > 0 ? 'warn' : 'ok',
    title: t('admin.health.quarantine'),
    found: counted(left.quarantine, left.most),
    means: t(left.quarantine > 0 ? 'health.unusedText' : 'health.unusedNone'),
    todo: left.quarantine > 0 && (
      <Way path="/admin/quarantine" query={new URLSearchParams({ channel: channel.id })}>
        {t('health.toQuarantine')}
      </Way>
    ),
  };
}

function sending(r: Report): Check[] {
  const held = r.held_until !== null && until(r.held_until) > 0 ? r.held_until : null;
  const last = r.last_outbound_at;
  return [
    {
      id: 'sending',
      verdict: held ? 'warn' : last ? 'ok' : 'unknown',
      title: t('health.sent'),
      found: held ? t('health.held', { time: stretch(until(held)) }) : last ? before(last) : t('admin.health.never'),
      means: t(held ? 'health.heldText' : last ? 'health.sentText' : 'health.sentNever'),
    },
  ];
}

function undelivered(channel: Channel, r: Report, left: Left): Check {
  return {
    id: 'dead',
    verdict: left.dead > 0 ? 'warn' : 'ok',
    title: t('admin.health.dead'),
    found: counted(left.dead, left.most),
    means: t(left.dead > 0 ? 'health.deadText' : 'health.deadNone'),
    todo: (left.dead > 0 || r.failures.length > 0) && (
      <>
        {left.dead > 0 && (
          <Way path="/admin/dead-letters" query={new URLSearchParams({ channel: channel.id })}>
            {t('health.toDead')}
          </Way>
        )}
        {r.failures.slice(0, 4).map((f) => {
          const key = `failure.${f.reason}`;
          return (
            <span key={f.reason} class="quiet" title={fullTime(f.last_at)}>
              {isKey(key) ? t(key) : f.reason} {t('health.times', { count: f.count, time: before(f.last_at) })}
            </span>
          );
        })}
      </>
    ),
  };
}
