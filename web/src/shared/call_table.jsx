// SPDX-License-Identifier: GPL-2.0-or-later
/* shared/call_table.jsx - calls that were, the latest first; movements of an account. */
import { duration, money, number, time, time_seconds } from '../core/format.js';
import { t, t_of } from '../core/text.js';
import { PagedTable } from '../ui/table.jsx';
import { cause_words } from './call_detail.jsx';

export function CallTable({ pages, base, with_host }) {
	return (
		<PagedTable pages={pages} label={t('nav.calls')} row_key={(c) => c.id} empty={t('call.none')} columns={[
			{ key: 'when', label: t('call.began'), head: true, cell: (c) => <a href={`${base}/${c.id}`}>{time(c.began_at)}</a> },
			with_host && { key: 'host', label: t('call.host'), cell: (c) => number(c.host) },
			{ key: 'lasted', label: t('call.lasted'), end: true, cell: (c) => duration((Date.parse(c.ended_at) - Date.parse(c.began_at)) / 1000) },
			{ key: 'what', label: t('call.kind'), cell: (c) => t(c.booking ? 'call.booked' : 'call.dialled') },
			{ key: 'end', label: t('call.end'), cell: (c) => cause_words(c.cause) },
			{ key: 'charge', label: t('call.charge'), end: true, cell: (c) => money(c.charge) },
		]} />
	);
}

export function MovementTable({ pages, base }) {
	return (
		<PagedTable pages={pages} label={t('nav.ledger')} row_key={(m) => m.id} empty={t('movement.none')} columns={[
			{ key: 'when', label: t('movement.at'), head: true, cell: (m) => time_seconds(m.at) },
			{ key: 'kind', label: t('movement.kind'), cell: (m) => (m.call ? <a href={`${base}/${m.call}`}>{t_of('movement', m.kind)}</a> : t_of('movement', m.kind)) },
			{ key: 'amount', label: t('movement.amount'), end: true, cell: (m) => <span class={m.amount.e4 < 0 ? 'num' : 'num plus'}>{m.amount.e4 > 0 ? '+' : ''}{money(m.amount)}</span> },
			{ key: 'balance', label: t('movement.balance'), end: true, cell: (m) => <span class="num">{money(m.balance)}</span> },
		]} />
	);
}
