/** A browser and its system in words, as its user knows them. */
interface Device {
  readonly browser: string;
  readonly system: string;
}

type Marks = readonly (readonly [RegExp, string])[];

/** The order matters: nearly every browser also claims to be another one. */
const browsers: Marks = [
  [/\bEdgA?\/|\bEdgiOS\//, 'Edge'],
  [/\bOPR\/|\bOPT\//, 'Opera'],
  [/\bVivaldi\//, 'Vivaldi'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\bFirefox\/|\bFxiOS\//, 'Firefox'],
  [/\bChromium\//, 'Chromium'],
  [/\bHeadlessChrome\/|\bChrome\/|\bCriOS\//, 'Chrome'],
  [/\bVersion\/[\d.]+ .*\bSafari\//, 'Safari'],
];

const systems: Marks = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bMac OS X\b|\bMacintosh\b/, 'macOS'],
  [/\bLinux\b/, 'Linux'],
];

const find = (marks: Marks, text: string): string | undefined => marks.find(([mark]) => mark.test(text))?.[1];

/** Reads a `User-Agent` header, at most its first 512 characters; nothing of it is ever shown as it came. */
export const parseUserAgent = (header: string | undefined): Device => {
  const text = (header ?? '').slice(0, 512);
  return {
    browser: find(browsers, text) ?? 'an unknown browser',
    system: find(systems, text) ?? 'an unknown system',
  };
};
