// SPDX-License-Identifier: GPL-2.0-or-later
/* operator/records.jsx - the record of each leg, found by number and time. */
import { useState } from 'preact/hooks';
import { usePages } from '../core/api.js';
import { duration, money, number, time_seconds } from '../core/format.js';
import { t, t_of } from '../core/text.js';
import { cause_words } from '../shared/call_detail.jsx';
import { Button, Input } from '../ui/form.jsx';
import { Card, Page } from '../ui/page.jsx';
import { PagedTable } from '../ui/table.jsx';

const utc = (local) => (local ? new Date(local).toISOString().slice(0, 19) + 'Z' : undefined);

const day_from = (time, days) => new Date(Date.parse(time) + days * 86400000).toISOString().slice(0, 19) + 'Z';

/* A record file of the time that stands in the form: of one day where one end is open, of today (UTC) where both are. */
function file_of(kind, f) {
	const today = new Date().toISOString().slice(0, 10) + 'T00:00:00Z';
	const from = utc(f.from) ?? (f.to ? day_from(utc(f.to), -1) : today);
	const to = utc(f.to) ?? day_from(from, 1);

	return { href: `/api/v1/records/export?kind=${kind}&from=${from}&to=${to}`, download: `${kind}-${from.replaceAll(':', '')}.csv` };
}

function Files({ f }) {
	return (
		<Card title={t('record.files')}>
			<p>{t('record.files_help')}</p>
			<div class="form-end">
				<a class="btn btn-outline-primary" {...file_of('legs', f)}>{t('record.file_legs')}</a>
				<a class="btn btn-outline-primary" {...file_of('calls', f)}>{t('record.file_calls')}</a>
			</div>
		</Card>
	);
}

export function Records() {
	const [f, set_f] = useState({ number: '', from: '', to: '' });
	const [asked, set_asked] = useState({});
	const set = (part) => set_f({ ...f, ...part });
	const pages = usePages('/records', asked);

	return (
		<Page title={t('nav.records')}>
			<Card>
				<form role="search" onSubmit={(e) => {
					e.preventDefault();
					set_asked({ number: f.number.replace(/[^+\d]/g, ''), from: utc(f.from), to: utc(f.to) });
				}}>
					<div class="fields">
						<Input label={t('record.number')} type="search" inputMode="tel" value={f.number} on={(v) => set({ number: v })} />
						<Input label={t('record.from')} type="datetime-local" value={f.from} on={(v) => set({ from: v })} />
						<Input label={t('record.to')} type="datetime-local" value={f.to} on={(v) => set({ to: v })} />
					</div>
					<div class="form-end"><Button type="submit" tone="primary">{t('form.search')}</Button></div>
				</form>
				<PagedTable pages={pages} label={t('nav.records')} row_key={(r) => r.leg} empty={t('record.none')} columns={[
					{ key: 'began', label: t('call.began'), head: true, cell: (r) => <a href={`/operator/calls/${r.call}`}>{time_seconds(r.began_at)}</a> },
					{ key: 'role', label: t('leg.what'), cell: (r) => t_of('leg.role', r.role) },
					{ key: 'calling', label: t('record.calling'), cell: (r) => number(r.calling) || '–' },
					{ key: 'called', label: t('record.called'), cell: (r) => number(r.called) || '–' },
					{ key: 'trunk', label: t('leg.trunk'), cell: (r) => [r.trunk, r.channel].filter(Boolean).join(':') || '–' },
					{ key: 'talk', label: t('leg.talk'), end: true, cell: (r) => (r.answered_at ? duration(r.talk_ms / 1000) : '–') },
					{ key: 'cause', label: t('call.end'), cell: (r) => cause_words(r.cause) },
					{ key: 'cleared', label: t('record.cleared'), cell: (r) => t(`record.by_${r.cleared_by}`) },
					{ key: 'amount', label: t('call.charge'), end: true, cell: (r) => (r.amount ? money(r.amount) : '–') },
				]} />
			</Card>
			<Files f={f} />
		</Page>
	);
}
