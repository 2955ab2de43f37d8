// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * core/live.js - what goes on now, as the office tells it: one stream of events for all that look, open while somebody looks.
 *
 * A stream that broke is opened again by the browser, and then tells of all that lives. What ended meanwhile it cannot tell: so after each
 * opening the list is asked for, and what is not in it is gone.
 */
import { useEffect } from 'preact/hooks';
import { get, session, session_load } from './api.js';
import { makeStore } from './store.js';

const REOPEN_MS = 3000;

/* conferences: id -> conference, with received_ms; spans: "node/name" -> span; nodes: name -> node. ready: the list is whole. */
const nothing = { connected: false, ready: false, conferences: new Map(), spans: new Map(), nodes: new Map() };
export const live = makeStore(nothing);
let source = null, users = 0, reopen = 0;

function change(part) {
	live.set({ ...live.get(), ...part });
}

function put(name, key, value) {
	const map = new Map(live.get()[name]);

	if (value === null)
		map.delete(key);
	else
		map.set(key, value);
	change({ [name]: map });
}

function conference_put(c) {
	const old = live.get().conferences.get(c.id);

	if (!old || old.version <= c.version)
		put('conferences', c.id, c.over ? null : { ...c, received_ms: performance.now() });
}

async function list_whole(opened) {
	try {
		const { data } = await get('/conferences');
		if (source !== opened)
			return;
		const ids = new Set(data.items.map((c) => c.id));
		for (const id of live.get().conferences.keys())
			if (!ids.has(id))
				put('conferences', id, null);
		for (const c of data.items)
			conference_put(c);
		change({ ready: true });
	} catch {
		/* the stream itself says when it is down */
	}
}

function open() {
	const s = new EventSource('/api/v1/events');

	source = s;
	s.onopen = () => {
		change({ connected: true });
		list_whole(s);
	};
	s.onerror = () => {
		change({ connected: false });
		if (s.readyState !== EventSource.CLOSED || source !== s)
			return;
		/* refused: the session is over, or the office has no room. The browser gives up; we do not. */
		source = null;
		session_load().catch(() => {});
		reopen = setTimeout(() => users && session.get() && open(), REOPEN_MS);
	};
	s.addEventListener('conference', (e) => conference_put(JSON.parse(e.data)));
	s.addEventListener('gone', (e) => put('conferences', JSON.parse(e.data).id, null));
	s.addEventListener('span', (e) => {
		const span = JSON.parse(e.data);
		put('spans', `${span.node}/${span.name}`, span);
	});
	s.addEventListener('node', (e) => {
		const node = JSON.parse(e.data);
		put('nodes', node.name, node);
	});
}

function close() {
	clearTimeout(reopen);
	source?.close();
	source = null;
	live.set(nothing);
}

addEventListener('online', () => {
	if (users && source && !live.get().connected) {
		source.close();
		open();
	}
});

/* A component that looks. */
export function useLive() {
	const now = live.use();

	useEffect(() => {
		if (users++ === 0)
			open();
		/* closed a moment later: the next page usually looks too */
		return () => setTimeout(() => --users === 0 && close(), 500);
	}, []);
	return now;
}

/* The money's end as it stands now: the office says it at changes, in between it runs. */
export function seconds_left(c) {
	return c.seconds_left === null ? null : Math.max(0, c.seconds_left - (performance.now() - c.received_ms) / 1000);
}
