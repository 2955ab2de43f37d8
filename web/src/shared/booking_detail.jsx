// SPDX-License-Identifier: GPL-2.0-or-later
/* shared/booking_detail.jsx - a booking and what became of each of its starts, party by party. */
import { appointment, number, span_words, time } from '../core/format.js';
import { t, t_of } from '../core/text.js';
import { BookingState, party_name, redials_words, repeat_words } from './booking_list.jsx';
import { Badge, Card, Empty, Facts } from '../ui/page.jsx';
import { Table } from '../ui/table.jsx';

const good = (outcome) => (['answered', 'held'].includes(outcome) ? 'good' : outcome === '' ? 'busy' : 'bad');

function Run({ run, zone }) {
	return (
		<Card level={3} title={appointment(run.planned_at, zone)}
			actions={<Badge tone={good(run.outcome)}>{run.outcome ? t_of('outcome', run.outcome) : t_of('run.state', run.state)}</Badge>}>
			<Facts of={[
				[t('run.attempts'), run.attempts],
				run.answered_at && [t('run.answered'), time(run.answered_at, { timeZone: zone })],
				run.ended_at && [t('run.ended'), time(run.ended_at, { timeZone: zone })],
			]} />
			<Table label={t('booking.parties')} rows={run.parties} row_key={(p) => p.order} empty={t('run.no_parties')} columns={[
				{ key: 'who', label: t('booking.party'), head: true, cell: party_name },
				{ key: 'outcome', label: t('run.outcome'), cell: (p) => <Badge tone={good(p.outcome)}>{p.outcome ? t_of('outcome', p.outcome) : t('run.waiting')}</Badge> },
				{ key: 'attempts', label: t('run.attempts'), end: true, cell: (p) => p.attempts },
			]} />
			{run.call && run.state === 'live' && <p><a class="btn btn-primary" href={`/live/${run.call}`}>{t('run.to_live')}</a></p>}
			{run.call && run.state === 'done' && <p><a href={`/calls/${run.call}`}>{t('run.to_call')}</a></p>}
		</Card>
	);
}

export function BookingDetail({ booking: b }) {
	return (
		<div class="columns">
			<Card title={appointment(b.start, b.zone)} actions={<BookingState state={b.state} />}>
				<Facts of={[
					[t('booking.host'), number(b.host)],
					[t('booking.zone'), b.zone],
					[t('booking.repeat'), repeat_words(b)],
					b.until && [t('booking.until'), b.until.slice(0, 10)],
					b.next_at && b.repeat !== 'once' && [t('booking.next'), appointment(b.next_at, b.zone)],
					[t('booking.length'), b.length_s ? span_words(b.length_s) : t('booking.length_open')],
					[t('booking.redials'), redials_words(b)],
					[t('music.title'), b.music ? t('music.track', { n: b.music }) : t('music.none')],
				]} />
				<h3>{t('booking.parties')}</h3>
				<ul class="plain">{b.parties.map((p) => <li key={p.order}><strong>{party_name(p)}</strong>{p.name && <span class="row-more"> {number(p.number)}</span>}</li>)}</ul>
			</Card>
			<div>
				<h2>{t('run.title')}</h2>
				{b.runs?.length ? b.runs.map((r) => <Run key={r.id} run={r} zone={b.zone} />) : <Empty>{t('run.none')}</Empty>}
			</div>
		</div>
	);
}
