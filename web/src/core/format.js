// SPDX-License-Identifier: GPL-2.0-or-later
/* core/format.js - money, numbers and times as the language writes them. Money is a whole number of 1/10000 (office/openapi.json). */
import { status } from './api.js';
import { language, t } from './text.js';

const kept = new Map();

function formatter(kind, options) {
	const tag = language.get().tag, key = kind.name + tag + JSON.stringify(options);

	if (!kept.has(key))
		kept.set(key, new kind(tag, options));
	return kept.get(key);
}

export function money(m) {
	if (!m)
		return '';
	return formatter(Intl.NumberFormat, {
		style: 'currency', currency: m.currency, currencyDisplay: 'narrowSymbol', minimumFractionDigits: 2, maximumFractionDigits: 4,
	}).format(m.e4 / 10000);
}

/* "12.5" -> 125000; NaN when it is no amount. Digits, never floating point. */
export function money_parse(text) {
	const m = /^\s*(\d{1,6})(?:\.(\d{1,4}))?\s*$/.exec(text);

	return m ? Number(m[1]) * 10000 + Number((m[2] || '').padEnd(4, '0')) : NaN;
}

export const count = (n) => formatter(Intl.NumberFormat, {}).format(n);
export const percent_bp = (bp) => formatter(Intl.NumberFormat, { style: 'percent', maximumFractionDigits: 2 }).format(bp / 10000);

/* Canonical to what people write at home: 8613800000001 -> 138 0000 0001, 862584110001 -> 02584110001, 4930123 -> +4930123. */
export function number_plain(number) {
	const country = status.get()?.country || '86';

	if (!number)
		return '';
	if (number.startsWith('s:'))
		return number.slice(2);
	if (!number.startsWith(country))
		return `+${number}`;
	const home = number.slice(country.length);
	return /^1\d{10}$/.test(home) ? home : `0${home}`;
}
export const number = (n) => number_plain(n).replace(/^(1\d\d)(\d{4})(\d{4})$/, '$1\u00a0$2\u00a0$3');

const date_of = (iso) => (iso ? new Date(iso) : null);

export function time(iso, options = {}) {
	const d = date_of(iso);
	return d ? formatter(Intl.DateTimeFormat, { dateStyle: 'medium', timeStyle: 'short', hourCycle: 'h23', ...options }).format(d) : '';
}
export const time_seconds = (iso) => time(iso, { timeStyle: 'medium' });
export const clock = (iso) => time(iso, { dateStyle: undefined, timeStyle: 'medium' });

/* By the wall of a zone, with the day of the week: what a booking is about. */
export function appointment(iso, zone) {
	return formatter(Intl.DateTimeFormat, {
		weekday: 'short', year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone: zone,
	}).format(new Date(iso));
}

export function duration(seconds) {
	const s = Math.max(0, Math.floor(seconds)), h = Math.floor(s / 3600), m = Math.floor(s / 60) % 60;
	const two = (n) => String(n).padStart(2, '0');

	return h ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`;
}

/* In words: "2 min", "1 h 30 min", "45 s". */
export function span_words(seconds) {
	const parts = [[86400, 'unit.day'], [3600, 'unit.hour'], [60, 'unit.minute'], [1, 'unit.second']];
	const out = [];
	let rest = Math.max(0, Math.round(seconds));

	for (const [size, key] of parts) {
		if (rest >= size && out.length < 2)
			out.push(t(key, { n: Math.floor(rest / size) }));
		rest %= size;
	}
	return out.length ? out.join(' ') : t('unit.second', { n: 0 });
}

export function zones() {
	const own = Intl.DateTimeFormat().resolvedOptions().timeZone, office = status.get()?.zone;
	const all = typeof Intl.supportedValuesOf === 'function' ? Intl.supportedValuesOf('timeZone') : [];

	return [...new Set([office, own, ...all].filter(Boolean))];
}

/* The date and the time of day in a zone, as input fields want them: ["2026-03-02", "10:00"]. */
export function wall_in(zone, date) {
	const p = Object.fromEntries(new Intl.DateTimeFormat('en-CA', {
		year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone: zone,
	}).formatToParts(date).map((x) => [x.type, x.value]));

	return [`${p.year}-${p.month}-${p.day}`, `${p.hour}:${p.minute}`];
}
