/** Style and script of the chart page. Text of its own, since it runs in a browser and not here. */

export const chartStyle = `
:root { color-scheme: light dark; --back: #fcfcfb; --text: #1b1d1f; --dim: #62676d; --grid: #e3e5e8; --line: #1f5fa8; --band: #1f5fa822; --bad: #c62828; --box: #1f5fa81f; }
@media (prefers-color-scheme: dark) { :root { --back: #131517; --text: #e8eaed; --dim: #9aa0a6; --grid: #2a2e33; --line: #7fb2ee; --band: #7fb2ee24; --bad: #ff6b60; --box: #7fb2ee26; } }
body { margin: 0 auto; max-width: 1400px; padding: 1.5rem clamp(0.75rem, 3vw, 2.5rem); background: var(--back); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.4rem; margin: 0; overflow-wrap: anywhere; } h2 { font-size: 1.05rem; margin: 1.5rem 0 0; overflow-wrap: anywhere; }
p { margin: 0.1rem 0 0.6rem; color: var(--dim); }
.note { font-size: 0.87rem; }
svg { display: block; width: 100%; height: 300px; touch-action: pan-y; cursor: crosshair; user-select: none; outline-offset: 3px; }
text { fill: var(--dim); font: 12px system-ui, sans-serif; } .tip { fill: var(--text); paint-order: stroke; stroke: var(--back); stroke-width: 4px; }
.grid { stroke: var(--grid); } .band { fill: var(--band); } .line { fill: none; stroke: var(--line); stroke-width: 1.4; stroke-linejoin: round; }
.bad { fill: var(--bad); stroke: var(--back); stroke-width: 1; } .box { fill: var(--box); } .cross { stroke: var(--dim); stroke-dasharray: 2 3; }
`;

export const chartScript = String.raw`
const left = 64, right = 12, top = 10, bottom = 24, height = 300;
const name = 'http://www.w3.org/2000/svg';
const short = (x) => x === null ? '' : Math.abs(x) >= 1e6 || (x !== 0 && Math.abs(x) < 1e-3) ? x.toExponential(2) : String(Number(x.toPrecision(5)));

function draw(svg, chart) {
  const n = chart.from.length;
  if (n === 0) return;
  const all = [Math.min(...chart.from), Math.max(...chart.to)];
  if (all[0] === all[1]) all[1]++;
  let view = all.slice();
  let start = null, moving = null;
  const width = () => svg.clientWidth || 800;
  const x = (t) => left + (t - view[0]) / (view[1] - view[0]) * (width() - left - right);
  const at = (px) => view[0] + (px - left) / (width() - left - right) * (view[1] - view[0]);
  const px = (event) => event.clientX - svg.getBoundingClientRect().left;

  function shown() {
    let a = 0, b = n - 1;
    while (a < n - 1 && chart.to[a + 1] < view[0]) a++;
    while (b > 0 && chart.from[b - 1] > view[1]) b--;
    return [Math.min(a, b), Math.max(a, b)];
  }
  function range(a, b) {
    let low = Infinity, high = -Infinity;
    for (let i = a; i <= b; i++) { low = Math.min(low, chart.min[i]); high = Math.max(high, chart.max[i]); }
    const room = (high - low) * 0.12 || Math.abs(high) * 0.1 || 1;
    let bottomValue = low - room / 3, topValue = high + room / 3;
    for (let i = a; i <= b; i++) {
      if (chart.lower[i] !== null) bottomValue = Math.min(bottomValue, Math.max(chart.lower[i], low - room));
      if (chart.upper[i] !== null) topValue = Math.max(topValue, Math.min(chart.upper[i], high + room));
    }
    return [bottomValue, topValue];
  }
  function add(tag, attributes, text) {
    const element = document.createElementNS(name, tag);
    for (const key in attributes) element.setAttribute(key, attributes[key]);
    if (text !== undefined) element.textContent = text;
    svg.append(element);
    return element;
  }
  function render() {
    svg.replaceChildren();
    const [a, b] = shown();
    const [low, high] = range(a, b);
    const y = (v) => top + (high - Math.min(high, Math.max(low, v))) / (high - low) * (height - top - bottom);
    const step = niceStep((high - low) / 5);
    for (let v = Math.ceil(low / step) * step; v <= high; v += step) {
      add('line', { class: 'grid', x1: left, x2: width() - right, y1: y(v), y2: y(v) });
      add('text', { x: left - 8, y: y(v) + 4, 'text-anchor': 'end' }, short(Math.abs(v) < step / 1e6 ? 0 : v));
    }
    for (const [t, text] of ticks()) {
      add('line', { class: 'grid', x1: x(t), x2: x(t), y1: top, y2: height - bottom });
      if (x(t) > left + 20 && x(t) < width() - 50) add('text', { x: x(t), y: height - 7, 'text-anchor': 'middle' }, text);
    }
    if (chart.unit) add('text', { x: left - 8, y: height - 7, 'text-anchor': 'end' }, chart.unit);
    const clip = 'clip-' + svg.id;
    const path = add('clipPath', { id: clip });
    const box = document.createElementNS(name, 'rect');
    for (const [key, value] of Object.entries({ x: left, y: 0, width: Math.max(0, width() - left - right), height })) box.setAttribute(key, value);
    path.append(box);
    let upper = '', lower = '', line = '';
    let bands = '';
    const steps = [];
    for (let i = a; i < b; i++) steps.push(chart.from[i + 1] - chart.to[i]);
    const gap = 8 * (steps.sort((p, q) => p - q)[steps.length >> 1] || Infinity);
    const close = () => { if (upper) bands += 'M' + upper + 'L' + lower + 'Z'; upper = lower = ''; };
    for (let i = a; i <= b; i++) {
      const t = x((chart.from[i] + chart.to[i]) / 2).toFixed(1);
      if (chart.lower[i] === null || chart.upper[i] === null) close();
      else {
        upper += (upper ? 'L' : '') + t + ' ' + y(chart.upper[i]).toFixed(1);
        lower = t + ' ' + y(chart.lower[i]).toFixed(1) + (lower ? 'L' + lower : '');
      }
      const begins = i === a || chart.from[i] - chart.to[i - 1] > gap;
      line += (begins ? 'M' : 'L') + t + ' ' + y(chart.min[i]).toFixed(1);
      if (chart.max[i] !== chart.min[i]) line += 'L' + t + ' ' + y(chart.max[i]).toFixed(1);
    }
    close();
    add('path', { class: 'band', d: bands, 'clip-path': 'url(#' + clip + ')' });
    add('path', { class: 'line', d: line, 'clip-path': 'url(#' + clip + ')' });
    for (let i = a; i <= b; i++) {
      if (chart.anomalies[i] === 0 || chart.time[i] < view[0] || chart.time[i] > view[1]) continue;
      const mark = add('circle', { class: 'bad', cx: x(chart.time[i]).toFixed(1), cy: y(chart.value[i]).toFixed(1), r: 4 });
      const title = document.createElementNS(name, 'title');
      title.textContent = new Date(chart.time[i]).toISOString() + '\n' + short(chart.value[i]) + (chart.unit && ' ' + chart.unit) + ', score ' + short(chart.score[i]) + (chart.anomalies[i] > 1 ? ', the strongest of ' + chart.anomalies[i] : '');
      mark.append(title);
    }
    svg.cross = add('line', { class: 'cross', y1: top, y2: height - bottom, visibility: 'hidden' });
    svg.box = add('rect', { class: 'box', y: top, height: height - top - bottom, visibility: 'hidden' });
    svg.tip = add('text', { class: 'tip', y: top + 10, visibility: 'hidden' });
  }
  function niceStep(rough) {
    const power = 10 ** Math.floor(Math.log10(rough));
    return power * [1, 2, 5, 10].find((m) => m * power >= rough);
  }
  function ticks() {
    const span = view[1] - view[0];
    const sizes = [1, 5, 10, 50, 100, 500, 1e3, 5e3, 1e4, 3e4, 6e4, 3e5, 6e5, 18e5, 36e5, 108e5, 216e5, 432e5, 864e5, 1728e5, 6048e5, 2592e6, 7776e6, 31536e6];
    const size = sizes.find((s) => span / s <= width() / 110) || sizes.at(-1) * Math.ceil(span / sizes.at(-1) / 8);
    const list = [];
    for (let t = Math.ceil(view[0] / size) * size; t <= view[1]; t += size) {
      const text = new Date(t).toISOString();
      list.push([t, size >= 864e5 ? text.slice(0, 10) : size >= 6e4 ? text.slice(5, 16).replace('T', ' ') : size >= 1e3 ? text.slice(11, 19) : text.slice(14, 23)]);
    }
    return list;
  }
  function look(from, to) {
    const least = Math.max((all[1] - all[0]) / 1e5, 1);
    const span = Math.min(Math.max(to - from, least), all[1] - all[0]);
    const begin = Math.min(Math.max(from, all[0]), all[1] - span);
    view = [begin, begin + span];
    render();
  }
  svg.addEventListener('pointerdown', (event) => {
    svg.setPointerCapture(event.pointerId);
    if (event.shiftKey) moving = { px: px(event), view: view.slice() };
    else start = px(event);
  });
  svg.addEventListener('pointermove', (event) => {
    const here = px(event);
    if (moving) {
      const shift = (moving.px - here) / (width() - left - right) * (moving.view[1] - moving.view[0]);
      return look(moving.view[0] + shift, moving.view[1] + shift);
    }
    if (start !== null) {
      svg.box.setAttribute('x', Math.min(start, here));
      svg.box.setAttribute('width', Math.abs(here - start));
      svg.box.setAttribute('visibility', 'visible');
    }
    const t = at(here);
    let a = 0, b = n - 1;
    while (a < b) { const m = (a + b) >> 1; if (chart.to[m] < t) a = m + 1; else b = m; }
    if (a > 0 && Math.abs(chart.to[a - 1] - t) < Math.abs(chart.from[a] - t)) a--;
    const cx = x((chart.from[a] + chart.to[a]) / 2);
    svg.cross.setAttribute('x1', cx); svg.cross.setAttribute('x2', cx); svg.cross.setAttribute('visibility', 'visible');
    const value = chart.min[a] === chart.max[a] ? short(chart.min[a]) : short(chart.min[a]) + ' to ' + short(chart.max[a]);
    const band = chart.lower[a] === null ? '' : ', expected ' + short(chart.lower[a]) + ' to ' + short(chart.upper[a]);
    svg.tip.textContent = new Date(chart.from[a]).toISOString().replace('T', ' ').replace('.000Z', '') + '   ' + value + (chart.unit && ' ' + chart.unit) + band;
    const end = cx > width() / 2;
    svg.tip.setAttribute('x', end ? cx - 8 : cx + 8);
    svg.tip.setAttribute('text-anchor', end ? 'end' : 'start');
    svg.tip.setAttribute('visibility', 'visible');
  });
  svg.addEventListener('pointerup', (event) => {
    const here = px(event);
    if (start !== null && Math.abs(here - start) > 5) look(at(Math.min(start, here)), at(Math.max(start, here)));
    else if (svg.box) svg.box.setAttribute('visibility', 'hidden');
    start = moving = null;
  });
  svg.addEventListener('pointerleave', () => { if (svg.cross && start === null) { svg.cross.setAttribute('visibility', 'hidden'); svg.tip.setAttribute('visibility', 'hidden'); } });
  svg.addEventListener('dblclick', () => look(all[0], all[1]));
  svg.addEventListener('wheel', (event) => {
    event.preventDefault();
    const centre = at(px(event)), factor = event.deltaY > 0 ? 1.25 : 0.8;
    look(centre - (centre - view[0]) * factor, centre + (view[1] - centre) * factor);
  }, { passive: false });
  svg.addEventListener('keydown', (event) => {
    const span = view[1] - view[0];
    if (event.key === 'Escape') look(all[0], all[1]);
    else if (event.key === 'ArrowLeft') look(view[0] - span / 5, view[1] - span / 5);
    else if (event.key === 'ArrowRight') look(view[0] + span / 5, view[1] + span / 5);
    else if (event.key === '+' || event.key === '=') look(view[0] + span / 5, view[1] - span / 5);
    else if (event.key === '-') look(view[0] - span / 3, view[1] + span / 3);
    else return;
    event.preventDefault();
  });
  new ResizeObserver(render).observe(svg);
  render();
}
charts.forEach((chart, i) => draw(document.getElementById('chart' + i), chart));
`;
