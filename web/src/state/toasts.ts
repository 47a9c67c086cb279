/** Short messages about what an action came to. */
import { signal } from '@preact/signals';
import { messageOf } from '../api/client.ts';

export interface Toast {
  id: number;
  text: string;
  failed: boolean;
}

const SHOWN = 6000;
export const toasts = signal<Toast[]>([]);
let last = 0;

export function toast(text: string, failed = false): void {
  const id = ++last;
  toasts.value = [...toasts.value.slice(-2), { id, text, failed }];
  setTimeout(() => dismiss(id), failed ? SHOWN * 2 : SHOWN);
}

export function dismiss(id: number): void {
  toasts.value = toasts.value.filter((other) => other.id !== id);
}

/** Runs an action and says how it ended; answers whether it worked. */
export async function attempt(action: () => Promise<unknown>, done: string): Promise<boolean> {
  try {
    await action();
    toast(done);
    return true;
  } catch (error) {
    toast(messageOf(error), true);
    return false;
  }
}
