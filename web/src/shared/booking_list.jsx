// SPDX-License-Identifier: GPL-2.0-or-later
/* shared/booking_list.jsx - bookings in a list, and in words. */
import { appointment, number, span_words } from '../core/format.js';
import { language, t, t_of } from '../core/text.js';
import { Badge, Empty, Loading, ProblemAlert } from '../ui/page.jsx';
import { Button } from '../ui/form.jsx';

const tones = { active: 'good', begun: 'busy', done: 'quiet', cancelled: 'bad' };

export const BookingState = ({ state }) => <Badge tone={tones[state]}>{t_of('booking.state', state)}</Badge>;

export const WEEK = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

export function weekday(name, width = 'short') {
	/* the fifth of January 1970 was a Monday */
	return new Intl.DateTimeFormat(language.get().tag, { weekday: width, timeZone: 'UTC' }).format(new Date(Date.UTC(1970, 0, 5 + WEEK.indexOf(name))));
}

export function repeat_words(b) {
	if (b.repeat === 'weekly' && b.weekdays.length)
		return t('booking.weekly_on', { days: b.weekdays.map((d) => weekday(d)).join(t('list.comma')) });
	return t(`booking.repeat.${b.repeat}`);
}

export function redials_words(b) {
	return b.redials ? t('booking.redials_words', { n: b.redials, interval: span_words(b.interval_s) }) : t('booking.redials_none');
}

export const party_name = (p) => p.name || number(p.number);

export function BookingList({ pages, empty, base = '/bookings', with_host }) {
	if (pages.problem && !pages.items.length)
		return <ProblemAlert of={pages.problem} />;
	if (pages.loading && !pages.items.length)
		return <Loading />;
	if (!pages.items.length)
		return <Empty>{empty}</Empty>;
	return (
		<>
			<ul class="rows">
				{pages.items.map((b) => (
					<li key={b.id}>
						<a class="row-link" href={`${base}/${b.id}`}>
							<span class="row-main">
								<strong>{appointment(b.start, b.zone)}</strong>
								<span class="row-more">{with_host && `${number(b.host)}: `}{b.parties.map(party_name).join(t('list.comma'))}</span>
								{b.repeat !== 'once' && <span class="row-more">{repeat_words(b)}</span>}
							</span>
							<BookingState state={b.state} />
						</a>
					</li>
				))}
			</ul>
			{pages.more && <p class="more"><Button busy={pages.loading} onClick={pages.more}>{t('table.more')}</Button></p>}
		</>
	);
}
