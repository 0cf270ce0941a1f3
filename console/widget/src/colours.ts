// The channel's colour may be any: what stands on it, and itself as text on the
// chat's surfaces, is made readable in either theme.

type RGB = [number, number, number];

const parse = (hex: string): RGB => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16)) as RGB;
const write = (c: RGB): string => `#${c.map((v) => Math.round(v).toString(16).padStart(2, '0')).join('')}`;
const mix = (a: RGB, b: RGB, share: number): RGB => a.map((v, i) => v + ((b[i] ?? 0) - v) * share) as RGB;

function luminance(c: RGB): number {
  const [r, g, b] = c.map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4)) as RGB;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: RGB, b: RGB): number {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

const white: RGB = [255, 255, 255];
const ink: RGB = [16, 22, 28];

/** The colour, moved towards another one until it can be read on all of the grounds. */
function readable(colour: RGB, towards: RGB, grounds: RGB[], least: number): RGB {
  for (let share = 0; share < 1; share += 0.04) {
    const tried = mix(colour, towards, share);
    if (grounds.every((ground) => contrast(tried, ground) >= least)) return tried;
  }
  return towards;
}

/** The custom properties that the channel's colour makes, for style sheets. */
export function palette(hex: string): Record<string, string> {
  const brand = parse(/^#[0-9a-f]{6}$/i.test(hex) ? hex : '#2457d6');
  // Grounds as in widget.css.
  const light: RGB[] = [white, [246, 247, 248]];
  const dark: RGB[] = [
    [24, 28, 32],
    [37, 43, 49],
  ];
  // On dark ground a dark colour would be lost.
  const inDark = readable(brand, white, [dark[0] as RGB], 2.2);
  const on = (c: RGB) => (contrast(c, white) >= 4.5 ? white : ink);
  // A colour in the middle suits neither: it gives way a little.
  const fill = (c: RGB) => (contrast(c, on(c)) >= 4.5 ? c : readable(c, white, [ink], 4.5));
  const [a, b] = [fill(brand), fill(inDark)];
  return {
    '--brand-light': write(a),
    '--on-brand-light': write(on(a)),
    '--brand-text-light': write(readable(brand, ink, light, 4.5)),
    '--brand-dark': write(b),
    '--on-brand-dark': write(on(b)),
    '--brand-text-dark': write(readable(inDark, white, dark, 4.5)),
  };
}
