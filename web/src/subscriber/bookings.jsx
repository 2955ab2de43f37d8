// SPDX-License-Identifier: GPL-2.0-or-later
/* subscriber/bookings.jsx - upcoming and past bookings. */
import { usePages } from '../core/api.js';
import { navigate, search_params } from '../core/router.jsx';
import { t } from '../core/text.js';
import { BookingList } from '../shared/booking_list.jsx';
import { Icon } from '../ui/icons.jsx';
import { Card, Page } from '../ui/page.jsx';

export function Bookings() {
	const when = search_params().when === 'past' ? 'past' : 'upcoming';
	const pages = usePages('/bookings', { when });

	return (
		<Page title={t('nav.bookings')} actions={<a class="btn btn-primary" href="/bookings/new"><Icon name="plus" /> {t('booking.new')}</a>}>
			<div class="tabs" role="group" aria-label={t('booking.which')}>
				{['upcoming', 'past'].map((w) => (
					<button key={w} type="button" aria-pressed={w === when ? 'true' : 'false'} onClick={() => navigate(`/bookings?when=${w}`, true)}>
						{t(`booking.${w}`)}
					</button>
				))}
			</div>
			<Card><BookingList pages={pages} empty={t(`booking.none_${when}`)} /></Card>
		</Page>
	);
}
