import { render } from 'preact';
import { connect } from './api/connection.ts';
import { App } from './app.tsx';
import { startKeys } from './state/keys.ts';
import { startLive } from './state/live.ts';
import './style/base.css';
import './style/shell.css';
import './style/parts.css';
import './style/pages.css';
import './style/chart.css';

startLive();
startKeys();
connect();
render(<App />, document.querySelector('#app')!);
