// What people call a browser, out of what it calls itself.

const browsers: readonly [RegExp, string][] = [
  [/\bEdgA?\/|\bEdgiOS\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\bFirefox\/|\bFxiOS\//, 'Firefox'],
  [/\bHeadlessChrome\/|\bChrome\/|\bCriOS\/|\bChromium\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
];

const systems: readonly [RegExp, string][] = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b|\bMacintosh\b/, 'macOS'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bLinux\b|\bX11\b/, 'Linux'],
];

/** A browser and its system, each "" when it cannot be told. */
export function device(client: string): { browser: string; system: string } {
  const first = (list: typeof browsers) => list.find(([pattern]) => pattern.test(client))?.[1] ?? '';
  return { browser: first(browsers), system: first(systems) };
}

/** Whether it is carried in a pocket. */
export function isPhone(client: string): boolean {
  return /\biPhone\b|\bAndroid\b.*\bMobile\b/.test(client);
}
