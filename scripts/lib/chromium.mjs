/** Where this machine's Chromium is; CHROMIUM names another one. */
import { existsSync } from 'node:fs';

const usual = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

export const places = process.env.CHROMIUM ? [process.env.CHROMIUM] : usual;

/** Path of the browser, or undefined when there is none. */
export const chromium = () => places.find((path) => existsSync(path));
