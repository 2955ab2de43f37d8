// SPDX-License-Identifier: GPL-2.0-or-later
/* operator/accounts.jsx - accounts, found by a number or how one begins; a new one. */
import { useState } from 'preact/hooks';
import { get_all, request, session, useAct, usePages } from '../core/api.js';
import { money, money_parse, number, number_plain } from '../core/format.js';
import { navigate, search_params } from '../core/router.jsx';
import { languages, t } from '../core/text.js';
import { Button, Form, Input, Select, error_of } from '../ui/form.jsx';
import { Badge, Card, Page, notify } from '../ui/page.jsx';
import { PagedTable } from '../ui/table.jsx';

export const AccountState = ({ state }) => <Badge tone={state === 'active' ? 'good' : 'bad'}>{t(`account.state.${state}`)}</Badge>;

function NewAccount({ tariffs, done }) {
	const [f, set_f] = useState({ number: '', tariff: tariffs[0]?.name || '', language: 'zh-CN', opening: '' });
	const [wrong, set_wrong] = useState(false);
	const set = (part) => set_f({ ...f, ...part });
	const may_open = session.get().role === 'operator';
	const act = useAct(async (key, body) => (await request('POST', '/accounts', { key, body })).data);

	return (
		<Card title={t('account.new')}>
			<Form act={act} submit={t('account.add')} fields={['number', 'tariff', 'opening_e4']} extra={<Button tone="outline-secondary" onClick={done}>{t('form.no')}</Button>}
				on_submit={async () => {
					const opening = f.opening.trim() ? money_parse(f.opening) : undefined;
					set_wrong(Number.isNaN(opening));
					if (Number.isNaN(opening))
						return;
					const made = await act.run({ number: f.number.replace(/[\s-]/g, ''), tariff: f.tariff, language: f.language, ...(opening ? { opening_e4: opening } : {}) });
					if (!made)
						return;
					notify(t('account.added'));
					navigate(`/operator/accounts/${number_plain(made.number)}`);
				}}>
				<div class="fields">
					<Input label={t('account.number')} type="tel" required value={f.number} on={(v) => set({ number: v })} error={error_of(act.problem, 'number', t('field.number'))} />
					<Select label={t('account.tariff')} value={f.tariff} on={(v) => set({ tariff: v })} options={tariffs.map((x) => [x.name, x.name])} error={error_of(act.problem, 'tariff')} />
					<Select label={t('account.language')} value={f.language} on={(v) => set({ language: v })} options={languages.map((l) => [l.tag, l.name])} />
					{may_open && <Input label={t('account.opening')} inputMode="decimal" value={f.opening} on={(v) => set({ opening: v })} error={wrong ? t('field.money') : error_of(act.problem, 'opening_e4', t('field.money'))} />}
				</div>
			</Form>
		</Card>
	);
}

export function Accounts() {
	const { q = '' } = search_params();
	const [text, set_text] = useState(q);
	const [tariffs, set_tariffs] = useState(null);
	const pages = usePages('/accounts', { q });
	const may = ['clerk', 'operator'].includes(session.get().role);

	return (
		<Page title={t('nav.accounts')} actions={may && !tariffs && <Button tone="primary" onClick={async () => set_tariffs(await get_all('/tariffs'))}>{t('account.new')}</Button>}>
			{tariffs && <NewAccount tariffs={tariffs} done={() => set_tariffs(null)} />}
			<Card>
				<form role="search" class="in-line" onSubmit={(e) => {
					e.preventDefault();
					navigate(`/operator/accounts?q=${encodeURIComponent(text.replace(/[^+\d]/g, ''))}`);
				}}>
					<Input label={t('account.search')} help={t('account.search_help')} type="search" inputMode="tel" value={text} on={set_text} />
					<Button type="submit" tone="primary">{t('form.search')}</Button>
				</form>
				<PagedTable pages={pages} label={t('nav.accounts')} row_key={(a) => a.id} empty={t('account.none')} columns={[
					{ key: 'number', label: t('account.number'), head: true, cell: (a) => <a href={`/operator/accounts/${number_plain(a.number)}`}>{number(a.number)}</a> },
					{ key: 'state', label: t('account.state'), cell: (a) => <AccountState state={a.state} /> },
					{ key: 'kind', label: t('account.kind'), cell: (a) => t(`account.kind.${a.kind}`) },
					{ key: 'tariff', label: t('account.tariff'), cell: (a) => a.tariff },
					{ key: 'balance', label: t('home.balance'), end: true, cell: (a) => money(a.balance) },
					{ key: 'held', label: t('account.held'), end: true, cell: (a) => money(a.held) },
				]} />
			</Card>
		</Page>
	);
}
