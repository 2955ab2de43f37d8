// SPDX-License-Identifier: GPL-2.0-or-later
/* core/router.jsx - which page an address means. Links are plain <a href>; those to our own pages do not load anew. */
import { makeStore } from './store.js';

export const place = makeStore(location.pathname + location.search);

export function navigate(to, replace = false) {
	if (to === place.get())
		return;
	history[replace ? 'replaceState' : 'pushState'](null, '', to);
	place.set(to);
	scrollTo(0, 0);
}

export function router_start() {
	addEventListener('popstate', () => place.set(location.pathname + location.search));
	addEventListener('click', (e) => {
		const a = e.target instanceof Element && e.target.closest('a[href]');

		if (!a || e.defaultPrevented || e.button !== 0 || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey || a.target || a.hasAttribute('download'))
			return;
		const to = new URL(a.href, location.href);
		if (to.origin !== location.origin || to.pathname.startsWith('/api/') || (to.hash && to.pathname === location.pathname))
			return;
		e.preventDefault();
		navigate(to.pathname + to.search);
	});
}

/* "/bookings/:id" against "/bookings/12": {id: "12"}; null when it is another page. */
export function match(pattern, path) {
	const want = pattern.split('/'), have = path.replace(/\/$/, '').split('/');
	const params = {};

	if (want.length !== have.length && !(pattern === '/' && path === '/'))
		return null;
	for (let i = 0; i < have.length; i++) {
		if (want[i].startsWith(':'))
			params[want[i].slice(1)] = decodeURIComponent(have[i]);
		else if (want[i] !== have[i])
			return null;
	}
	return params;
}

export function search_params() {
	return Object.fromEntries(new URLSearchParams(place.get().split('?')[1] || ''));
}
