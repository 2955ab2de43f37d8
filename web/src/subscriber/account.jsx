// SPDX-License-Identifier: GPL-2.0-or-later
/* subscriber/account.jsx - password, settings, what the account is. */
import { useState } from 'preact/hooks';
import { request, session, useAct, useLoad } from '../core/api.js';
import { money, number, percent_bp } from '../core/format.js';
import { language_choose, languages, t } from '../core/text.js';
import { callback_checks } from '../shared/callback.js';
import { Form, Input, Select, error_of } from '../ui/form.jsx';
import { Card, Facts, Loaded, Page, notify } from '../ui/page.jsx';

function Password() {
	const [old, set_old] = useState('');
	const [next, set_next] = useState('');
	const [again, set_again] = useState('');
	const [differ, set_differ] = useState(false);
	const act = useAct((key, body) => request('PUT', '/me/password', { body }));

	async function submit() {
		set_differ(next !== again);
		if (next !== again)
			return;
		if (await act.run({ old, new: next })) {
			set_old('');
			set_next('');
			set_again('');
			notify(t('password.changed'));
		}
	}
	return (
		<Card title={t('password.title')}>
			<Form act={act} submit={t('password.submit')} fields={['old', 'new']} on_submit={submit}>
				<Input label={t('password.old')} type="password" autocomplete="current-password" required value={old} on={set_old} error={error_of(act.problem, 'old')} />
				<Input label={t('password.new')} help={t('password.help')} type="password" autocomplete="new-password" required value={next} on={set_next}
					error={error_of(act.problem, 'new', t('problem.weak-password'))} />
				<Input label={t('password.again')} type="password" autocomplete="new-password" required value={again} on={set_again} error={differ && t('password.differ')} />
			</Form>
		</Card>
	);
}

function Settings({ me, etag, changed }) {
	const [f, set_f] = useState({ language: me.language, callback_check: me.callback_check });
	const act = useAct((key, body) => request('PATCH', '/me', { match: etag, body }));

	return (
		<Card title={t('account.settings')}>
			<Form act={act} submit={t('form.save')} on_submit={async () => {
				if (!(await act.run(f)))
					return;
				if (f.language !== me.language) {
					session.set({ ...session.get(), language: f.language });
					language_choose(f.language);
				}
				notify(t('account.settings_changed'));
				changed();
			}}>
				<Select label={t('account.language_of')} help={t('account.language_help')} value={f.language} on={(v) => set_f({ ...f, language: v })} options={languages.map((l) => [l.tag, l.name])} />
				<Select label={t('account.callback')} help={t('account.callback_help')} value={f.callback_check} on={(v) => set_f({ ...f, callback_check: v })} options={callback_checks(me.password_set)} />
			</Form>
		</Card>
	);
}

export function Account() {
	const me = useLoad('/me');

	return (
		<Page title={t('nav.account')}>
			<Loaded of={me}>
				{(m) => (
					<div class="columns">
						<div>
							<Card title={t('account.title')}>
								<Facts of={[
									[t('account.numbers'), m.numbers.map(number).join(t('list.comma'))],
									[t('account.state'), t(`account.state.${m.state}`)],
									[t('account.kind'), t(`account.kind.${m.kind}`)],
									[t('account.tariff'), m.tariff],
									[t('home.balance'), money(m.balance)],
									[t('account.held'), money(m.held)],
									[t('account.available'), money(m.available)],
									m.credit.e4 > 0 && [t('account.credit'), money(m.credit)],
									m.discount_bp > 0 && [t('account.discount'), percent_bp(m.discount_bp)],
								]} />
							</Card>
							<Settings key={me.etag} me={m} etag={me.etag} changed={me.reload} />
						</div>
						<Password />
					</div>
				)}
			</Loaded>
		</Page>
	);
}
