// SPDX-License-Identifier: GPL-2.0-or-later
/* operator/account_acts.jsx - what can be done for an account: money, numbers, password, terms. */
import { useState } from 'preact/hooks';
import { request, session, useAct, useLoad } from '../core/api.js';
import { money, money_parse, number, number_plain, time } from '../core/format.js';
import { languages, t } from '../core/text.js';
import { callback_checks } from '../shared/callback.js';
import { ActButton, Form, Input, Select, ask, error_of } from '../ui/form.jsx';
import { Card, Loaded, notify } from '../ui/page.jsx';
import { Table } from '../ui/table.jsx';

const plain_money = (m) => m.text;

export function TopUp({ of, changed }) {
	const [text, set_text] = useState('');
	const [wrong, set_wrong] = useState(false);
	const act = useAct(async (key, body) => (await request('POST', `/accounts/${of}/topups`, { key, body })).data);

	async function submit() {
		const amount_e4 = money_parse(text);

		set_wrong(!(amount_e4 > 0));
		if (!(amount_e4 > 0) || !(await ask({ title: t('topup.ask', { amount: text.trim(), number: of }), yes: t('topup.submit') })))
			return;
		const done = await act.run({ amount_e4 });
		if (!done)
			return;
		set_text('');
		notify(t('topup.done', { amount: money(done.amount), balance: money(done.balance) }));
		changed();
	}
	return (
		<Card title={t('topup.title')}>
			<Form act={act} submit={t('topup.submit')} fields={['amount_e4']} class="in-line" on_submit={submit}>
				<Input label={t('topup.amount')} inputMode="decimal" autocomplete="off" required value={text} on={set_text} error={wrong ? t('field.money') : error_of(act.problem, 'amount_e4', t('field.money'))} />
			</Form>
		</Card>
	);
}

export function Numbers({ of, changed }) {
	const numbers = useLoad(`/accounts/${of}/numbers`);
	const [text, set_text] = useState('');
	const act = useAct((key, body) => request('POST', `/accounts/${of}/numbers`, { body }));

	return (
		<Card title={t('account.numbers')}>
			<Loaded of={numbers}>
				{({ items }) => (
					<Table label={t('account.numbers')} rows={items} columns={[
						{ key: 'number', label: t('account.number'), head: true, cell: (n) => number(n.number) },
						{ key: 'from', label: t('account.from'), cell: (n) => time(n.valid_from, { timeStyle: undefined }) },
						{ key: 'to', label: t('account.to'), cell: (n) => (n.valid_to ? time(n.valid_to, { timeStyle: undefined }) : '–') },
						{ key: 'acts', label: t('table.acts'), end: true, cell: (n) => !n.valid_to && (
							<ActButton small tone="outline-danger" aria-label={t('account.number_remove', { number: number(n.number) })} done={changed}
								question={{ title: t('account.number_ask', { number: number(n.number) }), yes: t('form.remove'), danger: true }}
								act={() => request('DELETE', `/accounts/${of}/numbers/${number_plain(n.number)}`)}>{t('form.remove')}</ActButton>
						) },
					]} />
				)}
			</Loaded>
			<Form act={act} submit={t('account.number_add')} tone="outline-primary" fields={['number']} class="in-line" on_submit={async () => {
				if (!(await act.run({ number: text.replace(/[\s-]/g, '') })))
					return;
				set_text('');
				changed();
			}}>
				<Input label={t('account.number_new')} type="tel" autocomplete="off" required value={text} on={set_text} error={error_of(act.problem, 'number', t('field.number'))} />
			</Form>
		</Card>
	);
}

export function Password({ of, changed }) {
	const [text, set_text] = useState('');
	const act = useAct((key, body) => request('PUT', `/accounts/${of}/password`, { body }));

	return (
		<Card title={t('account.password')}>
			<Form act={act} submit={t('password.submit')} tone="outline-primary" fields={['password']} class="in-line" on_submit={async () => {
				if (!(await act.run({ password: text })))
					return;
				set_text('');
				notify(t('password.changed'));
				changed();
			}}>
				<Input label={t('password.new')} help={t('password.help')} autocomplete="off" required value={text} on={set_text} error={error_of(act.problem, 'password', t('problem.weak-password'))} />
			</Form>
		</Card>
	);
}

/* A clerk changes the language and what a callback asks for; the rest is an operator's. */
export function Terms({ a, of, etag, changed }) {
	const operator = session.get().role === 'operator';
	const [f, set_f] = useState({ language: a.language, callback_check: a.callback_check, tariff: a.tariff, kind: a.kind, credit: plain_money(a.credit), trust: plain_money(a.trust), discount: String(a.discount_bp / 100) });
	const [wrong, set_wrong] = useState({});
	const set = (part) => set_f({ ...f, ...part });
	const act = useAct((key, body) => request('PATCH', `/accounts/${of}`, { match: etag, body }));

	function body_of() {
		const body = { language: f.language, callback_check: f.callback_check };
		const bad = {};

		if (operator) {
			body.tariff = f.tariff;
			body.kind = f.kind;
			for (const name of ['credit', 'trust']) {
				body[`${name}_e4`] = money_parse(f[name]);
				bad[name] = Number.isNaN(body[`${name}_e4`]);
			}
			body.discount_bp = /^\d{1,3}(\.\d{1,2})?$/.test(f.discount) ? Math.round(Number(f.discount) * 100) : NaN;
			bad.discount = !(body.discount_bp <= 10000);
		}
		set_wrong(bad);
		return Object.values(bad).some(Boolean) ? null : body;
	}
	return (
		<Card title={t('account.terms')}>
			<Form act={act} submit={t('form.save')} tone="outline-primary" fields={['tariff', 'credit_e4', 'trust_e4', 'discount_bp']} on_submit={async () => {
				const body = body_of();
				if (!body || !(await act.run(body)))
					return;
				notify(t('account.saved'));
				changed();
			}}>
				<div class="fields">
					<Select label={t('account.language')} value={f.language} on={(v) => set({ language: v })} options={languages.map((l) => [l.tag, l.name])} />
					<Select label={t('account.callback_of')} value={f.callback_check} on={(v) => set({ callback_check: v })} options={callback_checks(a.password_set)} />
					{operator && <Input label={t('account.tariff')} required value={f.tariff} on={(v) => set({ tariff: v })} error={error_of(act.problem, 'tariff', t('account.tariff_wrong'))} />}
					{operator && <Select label={t('account.kind')} value={f.kind} on={(v) => set({ kind: v })} options={['prepaid', 'operator'].map((k) => [k, t(`account.kind.${k}`)])} />}
					{operator && <Input label={t('account.credit')} inputMode="decimal" required value={f.credit} on={(v) => set({ credit: v })} error={(wrong.credit || act.problem?.of('credit_e4')) && t('field.money')} />}
					{operator && <Input label={t('account.trust')} inputMode="decimal" required value={f.trust} on={(v) => set({ trust: v })} error={(wrong.trust || act.problem?.of('trust_e4')) && t('field.money')} />}
					{operator && <Input label={t('account.discount_percent')} inputMode="decimal" required value={f.discount} on={(v) => set({ discount: v })} error={(wrong.discount || act.problem?.of('discount_bp')) && t('field.percent')} />}
				</div>
			</Form>
		</Card>
	);
}
