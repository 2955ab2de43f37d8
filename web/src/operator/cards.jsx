// SPDX-License-Identifier: GPL-2.0-or-later
/* operator/cards.jsx - batches of recharge cards and their states; one card; attempts that failed. Cards are made by `partyline card generate`. */
import { useState } from 'preact/hooks';
import { request, session, useAct, useLoad, usePages } from '../core/api.js';
import { count, money, number, time } from '../core/format.js';
import { t, t_of } from '../core/text.js';
import { ActButton, Form, Input, error_of } from '../ui/form.jsx';
import { Badge, Card, Facts, Loaded, Page } from '../ui/page.jsx';
import { PagedTable } from '../ui/table.jsx';

const tones = { activated: 'good', used: 'quiet', blocked: 'bad', expired: 'bad' };

const CardState = ({ state }) => <Badge tone={tones[state] || 'busy'}>{t_of('card.state', state)}</Badge>;

function Find() {
	const [text, set_text] = useState('');
	const [found, set_found] = useState(null);
	const act = useAct(async (key, card) => (await request('POST', '/cards/search', { body: { card } })).data);
	const may = session.get().role === 'operator';
	const to = found && (found.state === 'blocked' ? 'activated' : 'blocked');

	return (
		<Card title={t('card.find')}>
			<Form act={act} submit={t('form.search')} fields={['card']} class="in-line" on_submit={async () => set_found((await act.run(text.trim())) || null)}>
				<Input label={t('card.number_or_serial')} help={t('card.find_help')} autocomplete="off" required value={text} on={set_text} error={error_of(act.problem, 'card')} />
			</Form>
			{found && (
				<>
					<Facts of={[
						[t('card.serial'), found.serial],
						[t('card.batch'), <a href={`/operator/cards/${encodeURIComponent(found.batch)}`}>{found.batch}</a>],
						[t('card.state'), <CardState state={found.state} />],
						[t('card.value'), money(found.value)],
						[t('card.expires'), time(found.expires_at)],
						found.used_at && [t('card.used_at'), time(found.used_at)],
						found.number && [t('card.used_for'), number(found.number)],
					]} />
					{may && ['activated', 'blocked', 'delivered'].includes(found.state) && (
						<ActButton tone={to === 'blocked' ? 'outline-danger' : 'primary'} done={(r) => set_found(r.data)}
							question={{ title: t(`card.ask_${to}`, { name: found.serial }), yes: t(`card.to_${to}`), danger: to === 'blocked' }}
							act={() => request('PATCH', `/cards/${found.serial}`, { body: { state: to } })}>{t(`card.to_${to}`)}</ActButton>
					)}
				</>
			)}
		</Card>
	);
}

export function Cards() {
	return (
		<Page title={t('nav.cards')}>
			<Card title={t('card.batches')}>
				<PagedTable pages={usePages('/card-batches')} label={t('card.batches')} row_key={(b) => b.name} empty={t('card.no_batches')} columns={[
					{ key: 'name', label: t('card.batch'), head: true, cell: (b) => <a href={`/operator/cards/${encodeURIComponent(b.name)}`}>{b.name}</a> },
					{ key: 'state', label: t('card.state'), cell: (b) => <CardState state={b.state} /> },
					{ key: 'cards', label: t('card.cards'), end: true, cell: (b) => count(b.cards) },
					{ key: 'value', label: t('card.value'), end: true, cell: (b) => money(b.value) },
					{ key: 'expires', label: t('card.expires'), cell: (b) => time(b.expires_at, { timeStyle: undefined }) },
				]} />
			</Card>
			<Find />
			<Card title={t('card.failures')}>
				<PagedTable pages={usePages('/card-failures', undefined, 10)} label={t('card.failures')} empty={t('card.no_failures')} columns={[
					{ key: 'at', label: t('movement.at'), head: true, cell: (f) => time(f.at) },
					{ key: 'outcome', label: t('card.outcome'), cell: (f) => t_of('card.outcome', f.outcome) },
					{ key: 'caller', label: t('card.caller'), cell: (f) => number(f.caller) },
					{ key: 'number', label: t('account.number'), cell: (f) => number(f.number) || '–' },
					{ key: 'trunk', label: t('leg.trunk'), cell: (f) => f.trunk || '–' },
				]} />
			</Card>
		</Page>
	);
}

export function Batch({ name }) {
	const path = `/card-batches/${encodeURIComponent(name)}`;
	const batch = useLoad(path);
	const may = session.get().role === 'operator';

	return (
		<Page title={t('card.batch_named', { name })} back={['/operator/cards', t('nav.cards')]}>
			<Card>
				<Loaded of={batch}>
					{(b) => (
						<>
							<Facts of={[
								[t('card.state'), <CardState state={b.state} />],
								[t('card.cards'), count(b.cards)],
								[t('card.value'), money(b.value)],
								[t('card.digits'), b.digits],
								[t('card.expires'), time(b.expires_at)],
								[t('account.created'), time(b.created_at)],
								b.used !== null && [t('card.state.used'), count(b.used)],
								b.blocked !== null && [t('card.state.blocked'), count(b.blocked)],
								b.activated !== null && [t('card.state.activated'), count(b.activated)],
							]} />
							{may && (
								<div class="form-end">
									{b.next.map((to) => (
										<ActButton key={to} tone={to === 'blocked' ? 'outline-danger' : 'primary'} done={batch.reload}
											question={{ title: t(`card.ask_${to}`, { name }), yes: t(`card.to_${to}`), danger: to === 'blocked' }}
											act={() => request('PATCH', path, { match: batch.etag, body: { state: to } })}>{t(`card.to_${to}`)}</ActButton>
									))}
								</div>
							)}
						</>
					)}
				</Loaded>
			</Card>
		</Page>
	);
}
