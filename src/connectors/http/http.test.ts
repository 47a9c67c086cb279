import { describe, expect, it } from 'vitest';
import { http } from './index.ts';

describe('http source', () => {
  it('is pushed to: its records come from the journal and it creates nothing', () => {
    expect(http.delivers).toBe('journal');
    expect('create' in http).toBe(false);
  });

  it('has a format for every media type that senders may name, and one for those that name none', () => {
    expect(Object.values(http.formats)).toContain(http.format);
    for (const type of Object.keys(http.formats)) expect(type).toMatch(/^[a-z]+\/[a-z-]+$/);
  });
});
