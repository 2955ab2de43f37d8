// SPDX-License-Identifier: GPL-2.0-or-later
/* subscriber/booking.jsx - one booking: looked at, cancelled, the way to changing it. Looked at again while it goes on. */
import { request, useLoad } from '../core/api.js';
import { navigate } from '../core/router.jsx';
import { t } from '../core/text.js';
import { BookingDetail } from '../shared/booking_detail.jsx';
import { ActButton } from '../ui/form.jsx';
import { Loaded, Page, notify } from '../ui/page.jsx';

export function Booking({ id }) {
	const booking = useLoad(`/bookings/${id}`, undefined, 5000);
	const open = booking.data?.state === 'active';

	return (
		<Page title={t('booking.one')} back={['/bookings', t('nav.bookings')]} actions={booking.data && (
			<>
				{open && <a class="btn btn-primary" href={`/bookings/${id}/change`}>{t('booking.change')}</a>}
				{open && (
					<ActButton tone="outline-danger" act={() => request('DELETE', `/bookings/${id}`)}
						question={{ title: t('booking.cancel_ask'), body: t('booking.cancel_says'), yes: t('booking.cancel'), danger: true }}
						done={() => {
							notify(t('booking.cancelled'));
							navigate('/bookings');
						}}>{t('booking.cancel')}</ActButton>
				)}
				{!open && <a class="btn btn-outline-primary" href={`/bookings/${id}/again`}>{t('booking.again')}</a>}
			</>
		)}>
			<Loaded of={booking}>{(b) => <BookingDetail booking={b} />}</Loaded>
		</Page>
	);
}
