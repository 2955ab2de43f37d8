// SPDX-License-Identifier: GPL-2.0-or-later
/* subscriber/booking_pages.jsx - a new booking, one that is changed, one like another. */
import { request, status, useLoad } from '../core/api.js';
import { wall_in } from '../core/format.js';
import { navigate } from '../core/router.jsx';
import { t } from '../core/text.js';
import { Loaded, Page, notify } from '../ui/page.jsx';
import { BookingForm } from './booking_form.jsx';

/* The next full quarter of an hour that is at least half an hour away. */
function soon(zone) {
	const quarter = 15 * 60 * 1000;

	return wall_in(zone, new Date(Math.ceil((Date.now() + 2 * quarter) / quarter) * quarter));
}

function blank(host) {
	const zone = status.get().zone, [date, at] = soon(zone);

	return { host, zone, date, at, length_s: '', repeat: 'once', weekdays: [], until: '', redials: 2, interval_s: 60, music: 0, language: '', parties: [{ number: '', name: '' }] };
}

function from_booking(b) {
	const [date, at] = b.start_wall.split('T');

	return {
		host: b.host, zone: b.zone, date, at: at.slice(0, 5), length_s: b.length_s ?? '', repeat: b.repeat, weekdays: b.weekdays,
		until: b.until ? b.until.slice(0, 10) : '', redials: b.redials, interval_s: b.interval_s, music: b.music, language: b.language ?? '',
		service: b.service ?? undefined, parties: b.parties.map((p) => ({ number: `+${p.number}`, name: p.name })),
	};
}

export function BookingNew() {
	const me = useLoad('/me');

	return (
		<Page title={t('booking.new')} back={['/bookings', t('nav.bookings')]}>
			<Loaded of={me}>
				{(m) => (
					<BookingForm numbers={m.numbers} start={blank(m.number)} submit={t('booking.submit')}
						save={(key, body) => request('POST', '/bookings', { key, body })}
						saved={(b) => {
							notify(t('booking.made'));
							navigate(`/bookings/${b.id}`);
						}} />
				)}
			</Loaded>
		</Page>
	);
}

export function BookingChange({ id }) {
	const me = useLoad('/me'), booking = useLoad(`/bookings/${id}`);

	return (
		<Page title={t('booking.change_title')} back={[`/bookings/${id}`, t('booking.one')]}>
			<Loaded of={me}>
				{(m) => (
					<Loaded of={booking}>
						{(b) => (
							<BookingForm numbers={m.numbers} start={from_booking(b)} submit={t('booking.save')}
								save={(key, body) => request('PUT', `/bookings/${id}`, { match: booking.etag, body })}
								saved={() => {
									notify(t('booking.changed'));
									navigate(`/bookings/${id}`);
								}} />
						)}
					</Loaded>
				)}
			</Loaded>
		</Page>
	);
}

/* The same people and settings, another time. */
export function BookingAgain({ id }) {
	const me = useLoad('/me'), booking = useLoad(`/bookings/${id}`);

	return (
		<Page title={t('booking.new')} back={[`/bookings/${id}`, t('booking.one')]}>
			<Loaded of={me}>
				{(m) => (
					<Loaded of={booking}>
						{(b) => {
							const [date, at] = soon(b.zone);
							return (
								<BookingForm numbers={m.numbers} start={{ ...from_booking(b), date, at, until: '' }} submit={t('booking.submit')}
									save={(key, body) => request('POST', '/bookings', { key, body })}
									saved={(made) => {
										notify(t('booking.made'));
										navigate(`/bookings/${made.id}`);
									}} />
							);
						}}
					</Loaded>
				)}
			</Loaded>
		</Page>
	);
}
