// SPDX-License-Identifier: GPL-2.0-or-later
/* subscriber/recharge.jsx - a recharge card, for oneself or another. */
import { useState } from 'preact/hooks';
import { request, useAct, useLoad } from '../core/api.js';
import { money, number } from '../core/format.js';
import { t } from '../core/text.js';
import { Form, Input, error_of } from '../ui/form.jsx';
import { Alert, Card, Facts, Loaded, Page } from '../ui/page.jsx';

/* In groups of four, as it is printed. */
const grouped = (text) => text.replace(/\D/g, '').slice(0, 32).replace(/(.{4})(?=.)/g, '$1 ');

export function Recharge() {
	const me = useLoad('/me');
	const [card, set_card] = useState('');
	const [whose, set_whose] = useState('own');
	const [other, set_other] = useState('');
	const [done, set_done] = useState(null);
	const act = useAct(async (key, body) => (await request('POST', '/me/recharges', { key, body })).data);

	async function submit() {
		set_done(null);
		const result = await act.run({ card: card.replace(/\D/g, ''), ...(whose === 'other' ? { number: other.replace(/[\s-]/g, '') } : {}) });
		if (result) {
			set_done(result);
			set_card('');
			me.reload();
		}
	}
	return (
		<Page title={t('nav.recharge')}>
			<div class="columns">
				<Card>
					<Form act={act} submit={t('recharge.submit')} fields={['card', 'number']} on_submit={submit}>
						<Input label={t('recharge.card')} help={t('recharge.card_help')} inputMode="numeric" autocomplete="off" required
							value={card} on={(v) => set_card(grouped(v))} error={error_of(act.problem, 'card', t('recharge.card_wrong'))} />
						<fieldset>
							<legend>{t('recharge.whose')}</legend>
							{['own', 'other'].map((w) => (
								<div key={w} class="form-check">
									<input id={`whose-${w}`} type="radio" name="whose" class="form-check-input" checked={whose === w} onChange={() => set_whose(w)} />
									<label for={`whose-${w}`} class="form-check-label">{t(`recharge.${w}`)}</label>
								</div>
							))}
						</fieldset>
						{whose === 'other' && (
							<Input label={t('recharge.number')} type="tel" autocomplete="off" required value={other} on={set_other} error={error_of(act.problem, 'number', t('field.number'))} />
						)}
					</Form>
					{done && (
						<Alert tone="success">
							{t('recharge.done', { amount: money(done.amount), number: number(done.number) })}
							{done.balance && ` ${t('recharge.balance', { balance: money(done.balance) })}`}
						</Alert>
					)}
				</Card>
				<Card title={t('home.balance')}>
					<Loaded of={me}>{(m) => <Facts of={[[t('account.number'), number(m.number)], [t('home.balance'), <strong>{money(m.balance)}</strong>], [t('account.available'), money(m.available)]]} />}</Loaded>
				</Card>
			</div>
		</Page>
	);
}
