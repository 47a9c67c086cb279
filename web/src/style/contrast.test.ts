import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const css = readFileSync(new URL('base.css', import.meta.url), 'utf8');

/** Variables of the first rule with this selector that are plain hex colours. */
function colours(selector: string): Record<string, string> {
  const from = css.indexOf(`${selector} {`);
  const block = css.slice(from, css.indexOf('}', from));
  return Object.fromEntries([...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, colour]) => [name, colour]));
}

/** Relative luminance, WCAG 2. */
function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const c = parseInt(hex.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

const surfaces = ['bg', 'surface', 'raised', 'sunken', 'hover', 'quiet-soft'];
const pairs: [text: string, ground: string][] = [
  ...['text', 'muted', 'accent', 'good', 'warn', 'bad'].flatMap((text) => surfaces.map((ground): [string, string] => [text, ground])),
  ['good', 'good-soft'],
  ['warn', 'warn-soft'],
  ['bad', 'bad-soft'],
  ['accent', 'accent-soft'],
  ['text', 'accent-soft'],
  ['on-accent', 'accent'],
];

describe.each([
  ['light', ':root'],
  ['dark', ":root[data-theme='dark']"],
])('%s colours', (_name, selector) => {
  const of = colours(selector);
  it.each(pairs)('%s on %s can be read (4.5:1)', (text, ground) => {
    expect(of[text]).toBeDefined();
    expect(of[ground]).toBeDefined();
    expect(contrast(of[text], of[ground])).toBeGreaterThanOrEqual(4.5);
  });
});
