/** Line icons, 16 by 16, drawn in the colour of their text. */
import type { JSX } from 'preact';

const PATHS = {
  overview: 'M2.5 2.5h4.5v5H2.5zM9 2.5h4.5v3H9zM9 8h4.5v5.5H9zM2.5 10H7v3.5H2.5z',
  streams: 'M1.5 9h3l2-5.500 3 9 2-5.500 1 2h2',
  incidents: 'M8 2.200 14.300 13.300H1.700zM8 6.300v3.200M8 11.400v.1',
  health: 'M8 13.500S2 10 2 6.200A3.200 3.200 0 0 1 8 4.700a3.200 3.200 0 0 1 6 1.500C14 10 8 13.500 8 13.500z',
  settings:
    'M2 4.500h6M11.500 4.500H14M2 11.500h2.500M8 11.500h6M9.700 2.800a1.700 1.700 0 1 0 0 3.400 1.700 1.700 0 0 0 0-3.400zM6.200 9.800a1.700 1.700 0 1 0 0 3.400 1.700 1.700 0 0 0 0-3.400z',
  logs: 'M3 3.500h4M3 8h10M3 12.500h7M9.500 3.500h3.500',
  upload: 'M8 10.500V3M4.800 6 8 2.800 11.200 6M2.500 10v3.500h11V10',
  search: 'M7 2.500a4.500 4.500 0 1 0 0 9 4.500 4.500 0 0 0 0-9zM10.300 10.300 14 14',
  sun: 'M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM8 1v1.500M8 13.500V15M1 8h1.500M13.500 8H15M3 3l1.100 1.100M11.900 11.900 13 13M13 3l-1.100 1.100M4.100 11.900 3 13',
  moon: 'M13.500 9.500A6 6 0 0 1 6.500 2.500a5.800 5.800 0 1 0 7 7z',
  system: 'M2 3h12v8H2zM6 14h4M8 11v3',
  keyboard: 'M1.500 4h13v8h-13zM4 6.500h.1M6.700 6.500h.1M9.300 6.500h.1M12 6.500h.1M5 9.500h6',
  copy: 'M5.500 5.500h8v8h-8zM10.500 5.500v-3h-8v8h3',
  close: 'M4 4l8 8M12 4l-8 8',
  left: 'M10 3 5 8l5 5',
  right: 'M6 3l5 5-5 5',
  plus: 'M8 3v10M3 8h10',
  minus: 'M3 8h10',
  check: 'M3 8.500 6.500 12 13 4.500',
  cross: 'M4.500 4.500l7 7M11.500 4.500l-7 7',
  warn: 'M8 3.500v5.500M8 12v.1',
  dots: 'M4 8h.1M8 8h.1M12 8h.1',
  square: 'M5 5h6v6H5z',
  bell: 'M4 11V7a4 4 0 0 1 8 0v4l1 1.500H3zM6.800 14.500h2.400',
  mute: 'M4.500 11V7a3.600 3.600 0 0 1 5-3.300M12 7.500V11l1 1.500H5.500M2 2l12 12',
  back: 'M13 8H3M7 4 3 8l4 4',
  save: 'M3 2.500h8l2.500 2.500v8.500H2.500V3zM5 2.500v4h5v-4M5 13.500v-4h6v4',
  restart: 'M13 8a5 5 0 1 1-1.600-3.700M13 2v3h-3',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }): JSX.Element {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
