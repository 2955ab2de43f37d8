// SPDX-License-Identifier: GPL-2.0-or-later
/* subscriber/home.jsx - the first page: the money, what goes on now, what comes next. */
import { useLoad, usePages } from '../core/api.js';
import { money, number } from '../core/format.js';
import { useLive } from '../core/live.js';
import { t } from '../core/text.js';
import { BookingList } from '../shared/booking_list.jsx';
import { ConferenceList } from '../shared/conference_list.jsx';
import { Icon } from '../ui/icons.jsx';
import { Alert, Card, Loaded, Page } from '../ui/page.jsx';

function Balance() {
	const me = useLoad('/me', undefined, 30000);

	return (
		<Loaded of={me}>
			{(m) => (
				<section class="balance" aria-label={t('home.balance')}>
					{m.state !== 'active' && <Alert tone="warning">{t(`account.state.${m.state}_says`)}</Alert>}
					<p class="balance-name">{t('home.balance')}</p>
					<p class="balance-sum">{money(m.balance)}</p>
					<p class="balance-rest">
						{m.held.e4 > 0 && <span>{t('home.held', { held: money(m.held), available: money(m.available) })}</span>}
						{m.kind === 'operator' && <span>{t('home.credit', { credit: money(m.credit) })}</span>}
						<span>{number(m.number)}</span>
					</p>
					<p class="balance-acts"><a class="btn btn-light" href="/recharge">{t('nav.recharge')}</a><a class="on-dark" href="/ledger">{t('nav.ledger')}</a></p>
				</section>
			)}
		</Loaded>
	);
}

export function Home() {
	const now = useLive();
	const next = usePages('/bookings', { when: 'upcoming' }, 3);
	const lives = [...now.conferences.values()];

	return (
		<Page title={t('home.title')} actions={<a class="btn btn-primary" href="/bookings/new"><Icon name="plus" /> {t('booking.new')}</a>}>
			<div class="columns">
				<div>
					<Balance />
					{lives.length > 0 && <Card title={t('live.title')}><ConferenceList conferences={lives} base="/live" /></Card>}
				</div>
				<Card title={t('home.next')} actions={<a href="/bookings">{t('home.all')}</a>}>
					<BookingList pages={next} empty={t('home.none')} />
				</Card>
			</div>
		</Page>
	);
}
