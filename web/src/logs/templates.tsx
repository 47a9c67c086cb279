/** Templates with counts and trend: search, sort, inspect. */
import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { LogTemplate, LogTemplates } from '../../../src/core/api.ts';
import { count, duration, plural, time } from '../format.ts';
import { replace, route } from '../routing.ts';
import { Badge } from '../parts/badges.tsx';
import { Empty, Failed, Loading } from '../parts/states.tsx';
import { Sparkline } from '../parts/sparkline.tsx';
import { VirtualList } from '../parts/virtual-list.tsx';
import { useResult } from './live.ts';
import { Search } from './search.tsx';
import { ms, resultsLink, type Source } from './source.ts';
import { arrange, SORTS, type TemplateSort } from './template-list.ts';
import { TemplateDialog } from './template-dialog.tsx';
import { Downloads, Level, TemplateText } from './words.tsx';

const ROW = 48;

function Row({ of, open }: { of: LogTemplate; open: () => void }): JSX.Element {
  return (
    <button type="button" class={of.ignored ? 'template-row ignored' : 'template-row'} tabIndex={-1} onClick={open}>
      <span role="gridcell" class="template-id muted">
        #{of.id}
      </span>
      <span role="gridcell" class="template-cell">
        {(of.name !== null || of.pinned || of.ignored) && (
          <span class="template-marks">
            {of.name !== null && <b>{of.name}</b>}
            {of.pinned && <Badge tone="accent">pinned</Badge>}
            {of.ignored && <Badge tone="quiet">ignored</Badge>}
          </span>
        )}
        <TemplateText of={of.text} />
      </span>
      <span role="gridcell" class="template-level">
        <Level of={of.level} />
      </span>
      <span role="gridcell" class="number">
        {count(of.count)}
      </span>
      <span role="gridcell" class="template-trend">
        <Sparkline values={of.trend} fromZero height={26} width={120} label={`Trend of template ${of.id}`} />
      </span>
      <span role="gridcell" class="template-last muted" title={of.last}>
        {time(ms(of.last))}
      </span>
    </button>
  );
}

function Head(): JSX.Element {
  return (
    <div class="template-row list-head" aria-hidden="true">
      <span class="template-id">Id</span>
      <span>Template</span>
      <span class="template-level">Level</span>
      <span class="number">Lines</span>
      <span class="template-trend">Trend</span>
      <span class="template-last">Last seen</span>
    </div>
  );
}

/** `editable`: what people say of templates is taken. */
export function Templates({ source, pulse, editable }: { source: Source; pulse: number; editable: boolean }): JSX.Element {
  const { query } = route.value;
  const { data, error, reload } = useResult<LogTemplates>(source, 'templates', pulse);
  const [search, setSearch] = useState(query.get('search') ?? '');
  const asked = query.get('sort') as TemplateSort | null;
  const sort: TemplateSort = asked !== null && asked in SORTS ? asked : 'count';
  const [chosen, choose] = useState<number | null>(query.get('template') === null ? null : Number(query.get('template')));
  const all = data?.templates ?? [];
  const rows = useMemo(() => arrange(all, search, sort), [data, search, sort]);
  const inspected = all.find(({ id }) => id === chosen);
  const change = (changed: Record<string, string>): void =>
    replace(resultsLink(source, 'templates', { search, sort: sort === 'count' ? '' : sort, ...changed }));
  if (data === undefined) return error === undefined ? <Loading rows={8} label="templates" /> : <Failed error={error} what="The templates" retry={reload} />;
  return (
    <>
      <div class="toolbar">
        <Search
          label="Search templates"
          placeholder="Search text, name, level, #id"
          value={search}
          change={(text) => {
            setSearch(text);
            change({ search: text });
          }}
        />
        <label class="select">
          <span>Sort</span>
          <select value={sort} onChange={(event) => change({ sort: event.currentTarget.value === 'count' ? '' : event.currentTarget.value })}>
            {Object.entries(SORTS).map(([name, text]) => (
              <option key={name} value={name}>
                {text}
              </option>
            ))}
          </select>
        </label>
        <span class="muted" role="status">
          {search === '' ? plural(rows.length, 'template') : `${count(rows.length)} of ${count(all.length)}`}
          {data.total > all.length && `; ${count(data.total)} in all, the download has them`}
          {data.bucket > 0 && ` · trend in steps of ${duration(data.bucket)}`}
        </span>
        <span class="spacer" />
        <Downloads source={source} what="templates" />
      </div>
      {rows.length === 0 ? (
        <Empty icon="search" title={search === '' ? 'No template yet' : `No template matches “${search}”`}>
          <p>{search === '' ? 'Templates appear with the first lines.' : 'Several words must all match: text, name, level or #id.'}</p>
        </Empty>
      ) : (
        <div class="card list-card">
          <Head />
          <VirtualList
            key={sort}
            rows={rows}
            rowHeight={ROW}
            label="Templates"
            keyOf={({ id }) => String(id)}
            render={(row) => <Row of={row} open={() => choose(row.id)} />}
            open={({ id }) => choose(id)}
          />
        </div>
      )}
      {inspected !== undefined && (
        <TemplateDialog
          key={inspected.id}
          of={inspected}
          all={all}
          list={data}
          source={source}
          editable={editable}
          close={() => choose(null)}
          reload={reload}
          show={choose}
        />
      )}
    </>
  );
}
