// SPDX-License-Identifier: GPL-2.0-or-later
/* subscriber/pages.jsx - the pages a subscriber has, and how he gets to them. */
import { t } from '../core/text.js';
import { Account } from './account.jsx';
import { Booking } from './booking.jsx';
import { BookingAgain, BookingChange, BookingNew } from './booking_pages.jsx';
import { Bookings } from './bookings.jsx';
import { Call, Calls } from './calls.jsx';
import { Contacts } from './contacts.jsx';
import { Group } from './group.jsx';
import { Home } from './home.jsx';
import { Ledger } from './ledger.jsx';
import { Live, LiveOne } from './live.jsx';
import { Recharge } from './recharge.jsx';

const begins = (...starts) => (path) => starts.some((s) => path === s || path.startsWith(`${s}/`));

export function subscriber_links() {
	return [
		{ to: '/', text: t('nav.home'), icon: 'home', is: (p) => p === '/', foot: true },
		{ to: '/bookings', text: t('nav.bookings'), icon: 'calendar', is: begins('/bookings'), foot: true },
		{ to: '/live', text: t('nav.live'), icon: 'live', is: begins('/live'), foot: true },
		{ to: '/calls', text: t('nav.calls'), icon: 'clock', is: begins('/calls'), foot: true },
		{ to: '/contacts', text: t('nav.contacts'), icon: 'book', is: begins('/contacts', '/groups'), foot: true },
		{ to: '/recharge', text: t('nav.recharge'), icon: 'card', is: begins('/recharge') },
		{ to: '/ledger', text: t('nav.ledger'), icon: 'wallet', is: begins('/ledger') },
		{ to: '/account', text: t('nav.account'), icon: 'user', is: begins('/account') },
	];
}

export const subscriber_pages = [
	['/', Home],
	['/bookings', Bookings],
	['/bookings/new', BookingNew],
	['/bookings/:id', Booking],
	['/bookings/:id/change', BookingChange],
	['/bookings/:id/again', BookingAgain],
	['/live', Live],
	['/live/:id', LiveOne],
	['/calls', Calls],
	['/calls/:id', Call],
	['/contacts', Contacts],
	['/groups/:id', Group],
	['/recharge', Recharge],
	['/ledger', Ledger],
	['/account', Account],
];
