/** Draws the tiles. `?line=NAME` shows one line only, `f` and the button fill the screen. */
const line = new URLSearchParams(location.search).get('line');
document.documentElement.classList.toggle('one', line !== null);
const floor = document.getElementById('floor');
const SENSORS = ['temperature', 'humidity', 'sound'];
const WORDS = { red: 'alert', amber: 'look', unknown: 'unknown', green: 'running' };
const number = new Intl.NumberFormat('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const clockTime = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });

let view = { connected: false, tiles: [] };
let isReached = false;

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function lasting(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** Event time runs behind the clock while the past is read: how long something lasts is counted to the newest measurement. */
const newest = () => Math.max(0, ...view.tiles.flatMap(({ sensors }) => Object.values(sensors).map(({ time }) => time)));

function tileOf({ name, state, why, since, sensors, share }, now) {
  const tile = element('article', `tile ${state}`);
  const head = tile.appendChild(element('h3'));
  head.append(element('span', '', name), element('b', 'state', WORDS[state]));
  const values = tile.appendChild(element('dl'));
  for (const sensor of SENSORS) {
    const reading = sensors[sensor];
    const row = values.appendChild(element('div', reading?.anomalous ? 'odd' : ''));
    row.append(
      element('dt', '', sensor),
      element('dd', '', reading === undefined || reading.value === null ? '–' : `${number.format(reading.value)} ${reading.unit}`),
    );
  }
  const bar = tile.appendChild(element('div', 'share'));
  bar.title = `highest score: ${Math.round(share * 100)} % of its limit`;
  bar.appendChild(element('i')).style.width = `${Math.min(100, share * 50)}%`;
  const foot = tile.appendChild(element('p', 'why'));
  foot.append(element('span', '', why || 'as usual'), element('span', 'since', `since ${clockTime.format(since)} (${lasting(now - since)})`));
  foot.title = why;
  return tile;
}

function draw() {
  const now = newest();
  const shown = view.tiles.filter((tile) => line === null || tile.line === line);
  const lines = [...new Set(view.tiles.map((tile) => tile.line))];
  floor.replaceChildren();
  for (const name of lines.filter((each) => line === null || each === line)) {
    const section = floor.appendChild(element('section'));
    section.appendChild(element('h2', '', name));
    const tiles = section.appendChild(element('div', 'tiles'));
    for (const tile of shown.filter((each) => each.line === name)) tiles.appendChild(tileOf(tile, now));
  }
  if (shown.length === 0)
    floor.appendChild(element('p', 'empty', line === null ? 'No machine has been heard of yet.' : `No machine of the line ${line} has been heard of.`));
  const links = [['all lines', '/'], ...lines.map((name) => [name, `/?line=${encodeURIComponent(name)}`])].map(([text, href]) => {
    const link = element('a', '', text);
    link.href = href;
    if ((line ?? 'all lines') === text) link.setAttribute('aria-current', 'page');
    return link;
  });
  const nav = document.getElementById('lines');
  if (nav.childElementCount !== links.length) nav.replaceChildren(...links);
  const count = (state) => shown.filter((tile) => tile.state === state).length;
  const status = document.getElementById('sum');
  status.textContent = !isReached
    ? 'This screen has lost its server: what it shows is old.'
    : !view.connected
      ? 'Homeostat does not answer: what is shown is old.'
      : Object.keys(WORDS)
          .filter((state) => count(state) > 0)
          .map((state) => `${count(state)} ${WORDS[state]}`)
          .join(', ');
  document.body.classList.toggle('old', !isReached || !view.connected);
  document.title = line === null ? 'Shop floor' : `Shop floor: ${line}`;
}

const events = new EventSource('/events');
events.addEventListener('message', ({ data }) => {
  [view, isReached] = [JSON.parse(data), true];
  draw();
});
events.addEventListener('error', () => {
  isReached = false;
  draw();
});

function full() {
  void (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()).catch(() => {});
}
document.getElementById('full').addEventListener('click', full);
addEventListener('keydown', ({ key }) => {
  if (key === 'f') full();
});
const tick = () => (document.getElementById('clock').textContent = clockTime.format(new Date()));
setInterval(tick, 1000);
tick();
draw();
