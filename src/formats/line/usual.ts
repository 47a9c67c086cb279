/** Headers that many programs write and whose parts cannot be told from a few lines alone. */

export interface UsualLayout {
  name: string;
  /** What it is, for a person. */
  words: string;
  /** As layout.ts reads it. */
  layout: string;
  /** It fits other lines too, so what the lines themselves show comes first. */
  loose: boolean;
}

export const USUAL: readonly UsualLayout[] = [
  {
    name: 'syslog5424',
    words: 'syslog (RFC 5424)',
    layout: '<{pri}>{number} {time:ymd} {word} {component} {word} {word} {?-}{?[{any}]}{?[{any}]}{? }{message}',
    loose: false,
  },
  { name: 'syslog3164', words: 'syslog (RFC 3164)', layout: '{?<{pri}>}{time:mon-d} {word} {?{component}{?[{any}]}: }{message}', loose: true },
  { name: 'klog', words: 'klog (Kubernetes, glog)', layout: '{level}{time:mmdd} {number} {component}] {message}', loose: false },
  { name: 'logcat', words: 'Android logcat', layout: '{time:mm-dd} {number} {number} {level} {component}: {message}', loose: false },
  { name: 'access', words: 'access log (common, combined)', layout: '{word} {word} {any}[{time:d-mon-y}] {message}', loose: false },
  { name: 'nginx', words: 'nginx error log', layout: '{time:ymd} [{level}] {number}#{number}: {?*{number} }{message}', loose: false },
  { name: 'apache', words: 'Apache error log', layout: '[{time:ctime}] [{any}:{level}] [{any}] {message}', loose: false },
];
