// SPDX-License-Identifier: GPL-2.0-or-later
/* operator/past.jsx - a call that was, and a booking, of one of the provider's accounts. */
import { request, session, useLoad } from '../core/api.js';
import { number_plain } from '../core/format.js';
import { t } from '../core/text.js';
import { BookingDetail } from '../shared/booking_detail.jsx';
import { CallDetail } from '../shared/call_detail.jsx';
import { ActButton } from '../ui/form.jsx';
import { Loaded, Page, notify } from '../ui/page.jsx';

const to_account = (host) => (host ? [`/operator/accounts/${number_plain(host)}`, t('account.title')] : ['/operator/accounts', t('nav.accounts')]);

export function OneCall({ id }) {
	const call = useLoad(`/calls/${id}`);

	return <Page title={t('call.one')} back={to_account(call.data?.host)}><Loaded of={call}>{(c) => <CallDetail call={c} />}</Loaded></Page>;
}

export function OneBooking({ id }) {
	const booking = useLoad(`/bookings/${id}`, undefined, 5000);
	const may = ['clerk', 'operator'].includes(session.get().role) && booking.data?.state === 'active';

	return (
		<Page title={t('booking.one')} back={to_account(booking.data?.host)} actions={may && (
			<ActButton tone="outline-danger" question={{ title: t('booking.cancel_ask'), body: t('booking.cancel_says'), yes: t('booking.cancel'), danger: true }}
				act={() => request('DELETE', `/bookings/${id}`)} done={() => {
					notify(t('booking.cancelled'));
					booking.reload();
				}}>{t('booking.cancel')}</ActButton>
		)}>
			<Loaded of={booking}>{(b) => <BookingDetail booking={b} />}</Loaded>
		</Page>
	);
}
