import { describe, expect, it } from 'vitest';
import { incidentOf, noticeOf } from './notice.fixture.ts';
import { fieldsOf, render, templateProblem } from './template.ts';

const JSON_TYPE = 'application/json';
const notice = noticeOf('k', incidentOf('abc', { summary: 'a "quoted" text\nof two lines & {{key}}' }));
const fields = fieldsOf({ ...notice, labels: { ...notice.labels, 'app.name': 'shop' } }, 'webhook#0', 'https://h.example/');

describe('a template', () => {
  it('keeps texts texts and numbers numbers in JSON', () => {
    const body = render('{"s": "{{summary}}", "n": {{peak.value}}, "all": {{incident.series}}, "t": {{test}}, "e": {{incident.ended_at}}}', fields, JSON_TYPE);
    expect(JSON.parse(body)).toEqual({ s: 'a "quoted" text\nof two lines & {{key}}', n: 812, all: ['response_time'], t: false, e: null });
  });

  it('escapes for the body that it is in', () => {
    expect(render('a={{summary}}&b={{key}}', fields, 'application/x-www-form-urlencoded')).toBe(
      'a=a%20%22quoted%22%20text%0Aof%20two%20lines%20%26%20%7B%7Bkey%7D%7D&b=k',
    );
    expect(render('{{ title }}: {{peak.value}} {{incident.ended_at}}|', fields, 'text/plain')).toBe('Alerting: response_time: 812 |');
  });

  it('reaches labels with any name, and leaves those that are not there empty', () => {
    expect(render('{{labels.app.name}},{{labels.nobody}},{{group.host}}', fields, 'text/plain')).toBe('shop,,x');
    expect(render('"{{labels.constructor}}"', fields, JSON_TYPE)).toBe('""');
  });

  it('links to the incident', () => {
    expect(render('{{link}}', fields, 'text/plain')).toBe('https://h.example/#/incidents/abc');
  });
});

describe('what is wrong with a template', () => {
  it.each([
    ['{"a": "{{sumary}}"}', JSON_TYPE, 'did you mean "summary"?'],
    ['{"a": "{{incident.name}}"}', JSON_TYPE, 'names the unknown field "incident.name"'],
    ['{"a": "{{labels.}}"}', JSON_TYPE, 'names the unknown field "labels."'],
    ['{"a": {{summary}}}', JSON_TYPE, 'does not become JSON'],
    ['{"a": "{{summary"}', JSON_TYPE, 'holds "{{" without'],
    ['{{}}', 'text/plain', 'names the unknown field ""'],
  ])('%s', (template, type, problem) => expect(templateProblem(template, type)).toContain(problem));

  it.each([
    ['{"a": "{{summary}}", "b": {{peak}}, "c": {{labels}}, "d": "{{labels.any}}"}', JSON_TYPE],
    ['{{summary}}', 'text/plain'],
    ['nothing of it', 'text/plain'],
  ])('nothing with %s', (template, type) => expect(templateProblem(template, type)).toBeUndefined());
});
