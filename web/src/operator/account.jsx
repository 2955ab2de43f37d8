// SPDX-License-Identifier: GPL-2.0-or-later
/* operator/account.jsx - one account: what it is, its money, calls and bookings; what can be done for it is in account_acts.jsx. */
import { useState } from 'preact/hooks';
import { request, session, useLoad, usePages } from '../core/api.js';
import { money, number, percent_bp, time } from '../core/format.js';
import { t } from '../core/text.js';
import { BookingList } from '../shared/booking_list.jsx';
import { CallTable, MovementTable } from '../shared/call_table.jsx';
import { ActButton } from '../ui/form.jsx';
import { Alert, Card, Facts, Loaded, Page, notify } from '../ui/page.jsx';
import { AccountState } from './accounts.jsx';
import { Numbers, Password, Terms, TopUp } from './account_acts.jsx';

const VIEWS = ['ledger', 'calls', 'bookings'];

function Past({ of }) {
	const [view, set_view] = useState('ledger');
	const ledger = usePages(view === 'ledger' ? `/accounts/${of}/ledger` : null);
	const calls = usePages(view === 'calls' ? '/calls' : null, { host: of });
	const bookings = usePages(view === 'bookings' ? '/bookings' : null, { host: of, when: 'all' });

	return (
		<>
			<div class="tabs" role="group" aria-label={t('account.views')}>
				{VIEWS.map((v) => <button key={v} type="button" aria-pressed={v === view ? 'true' : 'false'} onClick={() => set_view(v)}>{t(`nav.${v}`)}</button>)}
			</div>
			<Card>
				{view === 'ledger' && <MovementTable pages={ledger} base="/operator/calls" />}
				{view === 'calls' && <CallTable pages={calls} base="/operator/calls" />}
				{view === 'bookings' && <BookingList pages={bookings} empty={t('booking.none_past')} base="/operator/bookings" />}
			</Card>
		</>
	);
}

function State({ a, etag, changed }) {
	const to = a.state === 'suspended' ? 'active' : 'suspended';

	if (a.state === 'closed')
		return null;
	return (
		<ActButton tone={to === 'active' ? 'primary' : 'outline-danger'} done={changed}
			question={to === 'suspended' ? { title: t('account.suspend_ask'), body: t('account.suspend_says'), yes: t('account.suspend'), danger: true } : null}
			act={() => request('PATCH', `/accounts/${a.path}`, { match: etag, body: { state: to } })}>
			{t(to === 'active' ? 'account.resume' : 'account.suspend')}
		</ActButton>
	);
}

export function AccountPage({ number: of }) {
	const account = useLoad(`/accounts/${of}`);
	const [round, set_round] = useState(0);
	const may = ['clerk', 'operator'].includes(session.get().role);
	/* its movements change with it */
	const changed = () => {
		account.reload();
		set_round(round + 1);
	};

	return (
		<Page title={t('account.named', { number: account.data ? number(account.data.number) : of })} back={['/operator/accounts', t('nav.accounts')]}
			actions={may && account.data && <State a={{ ...account.data, path: of }} etag={account.etag} changed={changed} />}>
			<Loaded of={account}>
				{(a) => (
					<>
						{a.password_locked_until && (
							<Alert tone="warning">
								{t('account.locked_until', { time: time(a.password_locked_until) })}{' '}
								{may && (
									<ActButton small tone="outline-primary" act={() => request('DELETE', `/accounts/${of}/lock`)} done={() => {
										notify(t('account.unlocked'));
										changed();
									}}>{t('account.unlock')}</ActButton>
								)}
							</Alert>
						)}
						<div class="columns">
							<Card title={t('account.title')} actions={<AccountState state={a.state} />}>
								<Facts of={[
									[t('account.numbers'), a.numbers.map(number).join(t('list.comma'))],
									[t('account.kind'), t(`account.kind.${a.kind}`)],
									[t('account.tariff'), a.tariff],
									[t('account.provider'), a.provider],
									[t('account.language'), a.language],
									[t('home.balance'), <strong>{money(a.balance)}</strong>],
									[t('account.held'), money(a.held)],
									[t('account.available'), money(a.available)],
									[t('account.credit'), money(a.credit)],
									[t('account.trust'), money(a.trust)],
									a.discount_bp > 0 && [t('account.discount'), percent_bp(a.discount_bp)],
									[t('account.password'), t(a.password_set ? 'account.password_set' : 'account.password_none')],
									[t('account.created'), time(a.created_at)],
								]} />
							</Card>
							{may && (
								<div>
									<TopUp of={of} changed={changed} />
									<Terms key={account.etag} a={a} of={of} etag={account.etag} changed={changed} />
									<Numbers key={`n${round}`} of={of} changed={changed} />
									<Password of={of} changed={changed} />
								</div>
							)}
						</div>
						<Past key={round} of={of} />
					</>
				)}
			</Loaded>
		</Page>
	);
}
