// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * core/api.js - asking the office (office/openapi.json). Every refusal becomes a Problem, which pages show by its code, in their
 * language. What moves money or places calls carries an idempotency key: repeated after a lost answer, it happens once.
 */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { makeStore } from './store.js';

const BASE = '/api/v1';
const PATIENCE_MS = 20000;

/* undefined: not known yet; null: nobody is logged in. */
export const session = makeStore(undefined);
export const status = makeStore(null);

export class Problem extends Error {
	constructor(http, body, retry_after_s) {
		super(body.detail || body.title || String(http));
		this.status = http;
		this.code = body.code || 'internal';
		this.detail = body.detail || '';
		this.errors = body.errors || [];
		this.lines = body.lines || [];
		this.outcome = body.outcome;
		this.tries_left = body.tries_left;
		this.retry_after_s = body.retry_after_s || retry_after_s;
	}
	/* What is said of one member of what was sent: "number", "parties/0/number". */
	of(name) {
		return this.errors.find((e) => e.pointer === `#/${name}` || e.pointer === name);
	}
}

function query(params) {
	const given = Object.entries(params || {}).filter(([, v]) => v !== undefined && v !== null && v !== '');

	return given.length ? '?' + new URLSearchParams(given) : '';
}

async function problem_of(response) {
	let body = {};

	try {
		body = await response.json();
	} catch {
		/* a proxy's page, or nothing: the status has to do */
	}
	return new Problem(response.status, body, Number(response.headers.get('Retry-After')) || undefined);
}

/*
 * options: query, body (JSON) or csv (text), key (Idempotency-Key), match (If-Match). Returns {data, etag}.
 * Problem; with code "unreachable" when there was no answer.
 */
export async function request(method, path, options = {}) {
	const headers = { Accept: 'application/json' };
	const me = session.get();
	const patience = new AbortController();
	const timer = setTimeout(() => patience.abort(), PATIENCE_MS);
	let response, data = null;

	if (options.body !== undefined)
		headers['Content-Type'] = 'application/json';
	if (options.csv !== undefined)
		headers['Content-Type'] = 'text/csv';
	if (options.key)
		headers['Idempotency-Key'] = options.key;
	if (options.match)
		headers['If-Match'] = options.match;
	if (method !== 'GET' && me)
		headers['X-CSRF-Token'] = me.csrf;
	try {
		response = await fetch(BASE + path + query(options.query), {
			method, headers, credentials: 'same-origin', cache: 'no-store', signal: patience.signal,
			body: options.csv !== undefined ? options.csv : options.body === undefined ? undefined : JSON.stringify(options.body),
		});
		if (response.ok && response.status !== 204)
			data = options.text ? await response.text() : await response.json();
	} catch {
		throw new Problem(0, { code: 'unreachable' });
	} finally {
		clearTimeout(timer);
	}
	if (!response.ok) {
		const refused = await problem_of(response);
		if (response.status === 401 && refused.code === 'login-required' && me)
			session.set(null);
		throw refused;
	}
	return { data, etag: response.headers.get('ETag') };
}

export const get = (path, params) => request('GET', path, { query: params });

export function new_key() {
	return [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, '0')).join('');
}

export async function session_load() {
	try {
		session.set((await get('/session')).data);
	} catch (problem) {
		if (problem.status === 401 || problem.status === 403)
			session.set(null);
		else
			throw problem;
	}
}

export async function session_end() {
	try {
		await request('DELETE', '/session');
	} catch (problem) {
		if (problem.status !== 401)
			throw problem;
	}
	session.set(null);
}

/* What is at a path: {data, etag, problem, loading, reload}. path null: nothing yet. every_ms: looked at again and again. */
export function useLoad(path, params, every_ms) {
	const [state, set_state] = useState({ loading: true });
	const wanted = path === null ? null : path + query(params);
	const latest = useRef(wanted);
	const reload = useCallback(async () => {
		latest.current = wanted;
		if (wanted === null)
			return;
		try {
			const { data, etag } = await request('GET', wanted);
			if (latest.current === wanted)
				set_state({ data, etag, loading: false });
		} catch (problem) {
			if (latest.current === wanted)
				set_state((old) => ({ ...old, problem, loading: false }));
		}
	}, [wanted]);

	useEffect(() => {
		set_state({ loading: true });
		reload();
		if (!every_ms)
			return undefined;
		const timer = setInterval(reload, every_ms);
		return () => clearInterval(timer);
	}, [wanted, every_ms]);
	return { ...state, reload };
}

/* A list in pages: {items, more, problem, loading, reload}; more() fetches the next page, null when there is none. */
export function usePages(path, params, limit = 25) {
	const [state, set_state] = useState({ items: [], loading: true });
	const wanted = path === null ? null : path + query(params);
	const latest = useRef(wanted);
	const fetch_page = useCallback(async (cursor) => {
		latest.current = wanted;
		if (wanted === null)
			return;
		set_state((old) => ({ ...old, loading: true }));
		try {
			const { data } = await get(path, { ...params, limit, cursor });
			if (latest.current === wanted)
				set_state((old) => ({ items: cursor ? [...old.items, ...data.items] : data.items, next: data.next, loading: false }));
		} catch (problem) {
			if (latest.current === wanted)
				set_state((old) => ({ ...old, problem, loading: false }));
		}
	}, [wanted]);

	useEffect(() => {
		set_state({ items: [], loading: true });
		fetch_page();
	}, [wanted]);
	return { ...state, more: state.next ? () => fetch_page(state.next) : null, reload: () => fetch_page() };
}

/* All of a list that is known to be short (the address book: at most 1000). */
export async function get_all(path) {
	const items = [];
	let cursor;

	do {
		const { data } = await get(path, { limit: 200, cursor });
		items.push(...data.items);
		cursor = data.next;
	} while (cursor);
	return items;
}

/*
 * An act: {run, busy, problem, clear}. run(...) calls act(key, ...); its key stays the same until it succeeded or what it is called with
 * differs, so that a second press after a lost answer repeats the act and does not do it twice.
 */
export function useAct(act) {
	const [state, set_state] = useState({ busy: false, problem: null });
	const last = useRef({ key: null, what: null, busy: false });

	async function run(...args) {
		const what = JSON.stringify(args);

		if (last.current.busy)
			return undefined;
		if (last.current.what !== what)
			last.current = { key: new_key(), what };
		last.current.busy = true;
		set_state({ busy: true, problem: null });
		try {
			const result = await act(last.current.key, ...args);
			last.current = {};
			set_state({ busy: false, problem: null });
			return result === undefined ? true : result;
		} catch (problem) {
			last.current.busy = false;
			if (problem.status >= 400 && problem.status < 500 && problem.code !== 'key-in-progress')
				last.current.what = null; /* it was answered: the next try is another act */
			set_state({ busy: false, problem: problem instanceof Problem ? problem : new Problem(0, { code: 'internal', detail: String(problem) }) });
			return undefined;
		}
	}
	return { ...state, run, clear: () => set_state({ busy: false, problem: null }) };
}
