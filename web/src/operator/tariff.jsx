// SPDX-License-Identifier: GPL-2.0-or-later
/* operator/tariff.jsx - one tariff: versions, rates, a new version (tried first), and what calls would cost by it. */
import { useState } from 'preact/hooks';
import { request, session, useAct, useLoad, usePages } from '../core/api.js';
import { count, money, time } from '../core/format.js';
import { t } from '../core/text.js';
import { CsvField, CsvImport } from '../shared/csv.jsx';
import { Form, Input } from '../ui/form.jsx';
import { Badge, Card, Facts, Loaded, Page, ProblemAlert } from '../ui/page.jsx';
import { PagedTable, Table } from '../ui/table.jsx';

/* "2026-03-02T10:00" as it is here, in UTC as the office wants it; empty: now. */
const utc = (local) => (local ? new Date(local).toISOString().slice(0, 19) + 'Z' : undefined);

function Versions({ path, versions }) {
	const now = Date.now();

	return (
		<Table label={t('tariff.versions')} rows={versions} row_key={(v) => v.version} columns={[
			{ key: 'version', label: t('tariff.version'), head: true, cell: (v) => v.version },
			{ key: 'from', label: t('tariff.valid_from'), cell: (v) => time(v.valid_from) },
			{ key: 'to', label: t('tariff.valid_to'), cell: (v) => (v.valid_to ? time(v.valid_to) : '–') },
			{ key: 'rates', label: t('tariff.rates'), end: true, cell: (v) => count(v.rates) },
			{ key: 'now', label: t('tariff.valid'), cell: (v) => (Date.parse(v.valid_from) <= now && !(Date.parse(v.valid_to) <= now) ? <Badge tone="good">{t('tariff.now')}</Badge> : '–') },
			{ key: 'file', label: t('table.acts'), end: true, cell: (v) => <a download href={`/api/v1${path}/export?at=${v.valid_from.slice(0, 19)}Z`}>{t('tariff.export')}</a> },
		]} />
	);
}

function Rates({ path }) {
	return (
		<PagedTable pages={usePages(`${path}/rates`)} label={t('tariff.rates')} empty={t('tariff.no_rates')} columns={[
			{ key: 'class', label: t('tariff.class'), head: true, cell: (r) => (r.class === 'prefix' ? r.prefix : t(`class.${r.class}`)) },
			{ key: 'price', label: t('tariff.price'), end: true, cell: (r) => money(r.price) },
			{ key: 'setup', label: t('working.setup'), end: true, cell: (r) => money(r.setup) },
			{ key: 'minimum', label: t('tariff.minimum'), end: true, cell: (r) => r.minimum_s },
			{ key: 'increment', label: t('tariff.increment'), end: true, cell: (r) => r.increment_s },
			{ key: 'free', label: t('tariff.free'), end: true, cell: (r) => r.free_s },
			{ key: 'bands', label: t('working.band'), cell: (r) => r.bands || '–' },
			{ key: 'zone', label: t('booking.zone'), cell: (r) => r.zone || '–' },
		]} />
	);
}

function Try({ path }) {
	const [text, set_text] = useState('');
	const [result, set_result] = useState(null);
	const act = useAct(async (key, csv) => (await request('POST', `${path}/try`, { csv })).data);

	return (
		<Card title={t('tariff.try')}>
			<Form act={act} submit={t('tariff.try_submit')} tone="outline-primary" on_submit={async () => set_result((await act.run(text)) || null)}>
				<CsvField label={t('tariff.try_lines')} help={t('tariff.try_help')} value={text} on={set_text} rows={4} />
			</Form>
			{result && (
				<>
					<Facts of={[
						[t('tariff.rated'), count(result.rated)],
						[t('tariff.without_rate'), count(result.without_rate)],
						[t('tariff.wrong'), count(result.wrong)],
						[t('tariff.sum'), <strong>{money(result.sum)}</strong>],
					]} />
					<Table label={t('tariff.try')} rows={result.calls} row_key={(c) => c.line} columns={[
						{ key: 'line', label: t('tariff.line'), head: true, cell: (c) => c.line },
						{ key: 'called', label: t('tariff.called'), cell: (c) => c.called },
						{ key: 'destination', label: t('working.destination'), cell: (c) => c.destination },
						{ key: 'billable', label: t('tariff.billable'), end: true, cell: (c) => count(c.billable_s) },
						{ key: 'amount', label: t('working.amount'), end: true, cell: (c) => money(c.amount) },
					]} />
					<ul class="lines">{result.problems.map((p) => <li key={p.line}>{t('problem.line', { n: p.line })} <span lang="en">{p.detail}</span></li>)}</ul>
				</>
			)}
		</Card>
	);
}

export function TariffPage({ name }) {
	const path = `/tariffs/${encodeURIComponent(name)}`;
	const tariff = useLoad(path);
	const [from, set_from] = useState('');
	const [round, set_round] = useState(0);
	const missing = tariff.problem?.status === 404 && !tariff.data;

	return (
		<Page title={t('tariff.named', { name })} back={['/operator/tariffs', t('nav.tariffs')]}>
			{missing && <ProblemAlert of={{ ...tariff.problem, code: 'no-tariff-yet', errors: [], lines: [] }} />}
			{!missing && (
				<Loaded of={tariff}>
					{(x) => (
						<>
							<Card title={t('tariff.versions')}><Versions path={path} versions={x.versions || []} /></Card>
							<Card title={t('tariff.rates')}><Rates key={round} path={path} /></Card>
							<Try path={path} />
						</>
					)}
				</Loaded>
			)}
			{session.get().role === 'operator' && (
				<Card title={t('tariff.import')}>
					<CsvImport label={t('tariff.lines')} help={t('tariff.import_help')}
						send={(csv, dry_run) => request('POST', `${path}/versions`, { csv, query: { at: utc(from), dry_run } })}
						done={() => {
							tariff.reload();
							set_round(round + 1);
						}}>
						<Input label={t('tariff.from')} help={t('tariff.from_help')} type="datetime-local" value={from} on={set_from} />
					</CsvImport>
				</Card>
			)}
		</Page>
	);
}
