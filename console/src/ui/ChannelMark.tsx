// Two letters for each platform: recognisable in both themes, without colour
// and without anybody's trade mark.
const letters: Record<string, string> = {
  whatsapp: 'WA', telegram: 'TG', messenger: 'ME', instagram: 'IG', line: 'LI', viber: 'VI', twilio: 'TW', slack: 'SL', discord: 'DC',
  wechat: 'WE', zalo: 'ZA', vk: 'VK', x: 'X', tiktok: 'TT', rcs: 'RC', webchat: 'WC', custom: 'CU',
};

const names: Record<string, string> = {
  whatsapp: 'WhatsApp', telegram: 'Telegram', messenger: 'Messenger', instagram: 'Instagram', line: 'LINE', viber: 'Viber', twilio: 'Twilio', slack: 'Slack',
  discord: 'Discord', wechat: 'WeChat', zalo: 'Zalo', vk: 'VK', x: 'X', tiktok: 'TikTok', rcs: 'RCS', webchat: 'Web chat', custom: 'Custom',
};

/** The platform's name, for people. */
export function kindName(kind: string): string {
  return names[kind] ?? kind;
}

/** A mark that says which platform. */
export function ChannelMark({ kind, label = true }: { kind: string; label?: boolean }) {
  return (
    <span class={`mark mark-${kind}`} {...(label ? { role: 'img', 'aria-label': kindName(kind), title: kindName(kind) } : { 'aria-hidden': true })}>
      {letters[kind] ?? kind.slice(0, 2).toUpperCase()}
    </span>
  );
}
