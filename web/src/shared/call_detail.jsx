// SPDX-License-Identifier: GPL-2.0-or-later
/* shared/call_detail.jsx - a call that was: its legs, and how each charge comes about. */
import { clock, count, duration, money, number, percent_bp, time_seconds } from '../core/format.js';
import { t, t_of } from '../core/text.js';
import { Badge, Card, Facts } from '../ui/page.jsx';
import { Table } from '../ui/table.jsx';

export function cause_words(cause) {
	return t_of('cause', cause) === String(cause) ? t('cause.other', { n: cause }) : t(`cause.${cause}`);
}

/* Increment by increment, then the sum, the discount, and what was rounded once. */
function Working({ of: w }) {
	return (
		<details class="working">
			<summary>{t('working.title')}</summary>
			<Facts of={[
				w.destination && [t('working.destination'), ['local', 'domestic'].includes(w.destination) ? t(`class.${w.destination}`) : w.destination],
				[t('working.price'), t('working.per_minute', { price: money(w.price) })],
				w.setup.e4 > 0 && [t('working.setup'), money(w.setup)],
				[t('working.steps'), t('working.steps_of', { increment: w.increment_s, minimum: w.minimum_s })],
				w.free_s > 0 && [t('working.free'), t('unit.second', { n: w.free_s })],
				[t('working.talked'), t('working.talked_of', { talked: count(w.talk_ms / 1000), billed: count(w.billable_s) })],
				w.zone && [t('booking.zone'), w.zone],
			]} />
			<Table label={t('working.title')} rows={w.lines} empty={t('working.no_lines')} columns={[
				{ key: 'part', label: t('working.part'), head: true, cell: (l) => t('working.from_to', { from: l.from_s, to: l.to_s }) },
				{ key: 'clock', label: t('working.clock'), cell: (l) => l.clock },
				{ key: 'band', label: t('working.band'), cell: (l) => l.band || '–' },
				{ key: 'price', label: t('working.price'), end: true, cell: (l) => money(l.price) },
				{ key: 'seconds', label: t('working.charged'), end: true, cell: (l) => count(l.charged_s) },
				{ key: 'amount', label: t('working.amount'), end: true, cell: (l) => l.amount },
			]} />
			<Facts of={[
				[t('working.exact'), w.exact],
				w.exact_after_discount && [t('working.discounted', { percent: percent_bp(w.discount_bp) }), w.exact_after_discount],
				[t('working.rounded'), <strong>{money(w.amount)}</strong>],
			]} />
		</details>
	);
}

function Leg({ leg }) {
	const whom = leg.role === 'trigger' ? leg.calling : leg.called;

	return (
		<Card level={3} class="leg" title={whom ? number(whom) : t_of('leg.role', leg.role)} actions={<strong class="num">{leg.amount.e4 ? money(leg.amount) : t('leg.free')}</strong>}>
			<Facts of={[
				[t('leg.what'), t_of('leg.role', leg.role)],
				[t('leg.began'), time_seconds(leg.began_at)],
				leg.answered_at && [t('leg.answered'), clock(leg.answered_at)],
				[t('leg.talk'), leg.answered_at ? duration(leg.talk_ms / 1000) : t('leg.not_answered')],
				[t('leg.end'), cause_words(leg.cause)],
				leg.trunk && [t('leg.trunk'), leg.trunk],
			]} />
			{leg.cut && <p><Badge tone="bad">{t('leg.cut')}</Badge></p>}
			{leg.working && <Working of={leg.working} />}
		</Card>
	);
}

export function CallDetail({ call }) {
	return (
		<>
			<Card>
				<Facts of={[
					[t('call.host'), number(call.host)],
					[t('call.service'), number(call.service)],
					[t('call.began'), time_seconds(call.began_at)],
					[t('call.lasted'), duration((Date.parse(call.ended_at) - Date.parse(call.began_at)) / 1000)],
					[t('call.end'), cause_words(call.cause)],
					[t('call.charge'), <strong>{money(call.charge)}</strong>],
				]} />
			</Card>
			<h2>{t('call.legs')}</h2>
			<div class="legs">{call.legs.map((leg) => <Leg key={leg.id} leg={leg} />)}</div>
		</>
	);
}
