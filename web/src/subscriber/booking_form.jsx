// SPDX-License-Identifier: GPL-2.0-or-later
/* subscriber/booking_form.jsx - what a booking is made of. Times are by the wall of the zone that is named beside them. */
import { useState } from 'preact/hooks';
import { status, useAct } from '../core/api.js';
import { number, span_words, zones } from '../core/format.js';
import { languages, t } from '../core/text.js';
import { WEEK, weekday } from '../shared/booking_list.jsx';
import { Check, Form, Input, Select, error_of } from '../ui/form.jsx';
import { Card } from '../ui/page.jsx';
import { Parties } from './booking_parties.jsx';

const LENGTHS = [1800, 3600, 5400, 7200, 10800, 14400];
const INTERVALS = [30, 60, 120, 300, 600, 1800, 3600];
const REDIALS = [0, 1, 2, 3, 4, 5, 10, 20];
/* As many tracks as every node has; while none was heard, as many as Debian's hold music has. */
const tracks = () => status.get().music_tracks ?? 5;

/* A value that somebody set elsewhere stays choosable. */
const with_own = (list, own) => (own === '' || list.includes(Number(own)) ? list : [...list, Number(own)].sort((a, b) => a - b));

function body_of(f) {
	return {
		host: `+${f.host}`, zone: f.zone, start: `${f.date}T${f.at}`, length_s: f.length_s === '' ? null : Number(f.length_s),
		repeat: f.repeat, weekdays: f.repeat === 'weekly' ? f.weekdays : [], until: f.repeat !== 'once' && f.until ? `${f.until}T23:59:59` : null,
		redials: Number(f.redials), interval_s: Number(f.interval_s), music: Number(f.music), language: f.language || null,
		...(f.service ? { service: f.service } : {}),
		parties: f.parties.map((p) => ({ number: p.number.replace(/[\s-]/g, ''), name: p.name.trim() })),
	};
}

function When({ f, set, act }) {
	const bad = t('booking.when_wrong');

	return (
		<Card title={t('booking.when')}>
			<div class="fields">
				<Input label={t('booking.date')} type="date" required value={f.date} on={(v) => set({ date: v })} error={error_of(act.problem, 'start', bad)} />
				<Input label={t('booking.time')} type="time" required value={f.at} on={(v) => set({ at: v })} />
				<Select label={t('booking.zone')} value={f.zone} options={zones().map((z) => [z, z.replace(/_/g, ' ')])} on={(v) => set({ zone: v })} error={error_of(act.problem, 'zone')} />
				<Select label={t('booking.length')} value={f.length_s} on={(v) => set({ length_s: v })}
					options={[['', t('booking.length_open')], ...with_own(LENGTHS, f.length_s).map((s) => [s, span_words(s)])]} error={error_of(act.problem, 'length_s')} />
				<Select label={t('booking.repeat')} value={f.repeat} on={(v) => set({ repeat: v })}
					options={['once', 'daily', 'weekly'].map((r) => [r, t(`booking.repeat.${r}`)])} />
				{f.repeat !== 'once' && <Input label={t('booking.until')} help={t('booking.until_help')} type="date" value={f.until} on={(v) => set({ until: v })} error={error_of(act.problem, 'until')} />}
			</div>
			{f.repeat === 'weekly' && (
				<fieldset class="weekdays">
					<legend>{t('booking.weekdays')}</legend>
					{WEEK.map((d) => (
						<Check key={d} label={weekday(d)} checked={f.weekdays.includes(d)}
							on={(yes) => set({ weekdays: WEEK.filter((x) => (x === d ? yes : f.weekdays.includes(x))) })} />
					))}
				</fieldset>
			)}
		</Card>
	);
}

function How({ f, set, act }) {
	return (
		<Card title={t('booking.how')}>
			<div class="fields">
				<Select label={t('booking.redials')} help={t('booking.redials_help')} value={f.redials} on={(v) => set({ redials: v })}
					options={with_own(REDIALS, f.redials).map((n) => [n, n ? t('booking.times', { n }) : t('booking.redials_none')])} error={error_of(act.problem, 'redials')} />
				<Select label={t('booking.interval')} value={f.interval_s} on={(v) => set({ interval_s: v })} disabled={Number(f.redials) === 0}
					options={with_own(INTERVALS, f.interval_s).map((s) => [s, span_words(s)])} error={error_of(act.problem, 'interval_s')} />
				<Select label={t('music.title')} value={f.music} on={(v) => set({ music: v })}
					options={[[0, t('music.none')], ...Array.from({ length: Math.max(tracks(), Number(f.music)) }, (x, i) => [i + 1, t('music.track', { n: i + 1 })])]} error={error_of(act.problem, 'music')} />
				<Select label={t('booking.language')} value={f.language} on={(v) => set({ language: v })}
					options={[['', t('booking.language_own')], ...languages.map((l) => [l.tag, l.name])]} />
			</div>
		</Card>
	);
}

export function BookingForm({ numbers, start, submit, save, saved }) {
	const [f, set_f] = useState(start);
	const set = (part) => set_f((old) => ({ ...old, ...part }));
	const act = useAct(async (key, body) => (await save(key, body)).data);

	return (
		<Form act={act} submit={submit} class="booking-form" fields={['start', 'zone', 'until', 'redials', 'interval_s', 'music', 'length_s', ...f.parties.map((p, i) => `parties/${i}/number`)]}
			on_submit={async () => {
				const made = await act.run(body_of(f));
				if (made)
					saved(made);
			}}>
			<div class="columns">
				<div>
					<Card title={t('booking.host_title')}>
						{numbers.length > 1
							? <Select label={t('booking.host')} help={t('booking.host_help')} value={f.host} options={numbers.map((n) => [n, number(n)])} on={(v) => set({ host: v })} error={error_of(act.problem, 'host')} />
							: <p class="own-number"><strong>{number(f.host)}</strong><span class="form-text">{t('booking.host_help')}</span></p>}
					</Card>
					<When f={f} set={set} act={act} />
				</div>
				<div>
					<Parties parties={f.parties} set={(parties) => set({ parties })} problem={act.problem} />
					<How f={f} set={set} act={act} />
				</div>
			</div>
		</Form>
	);
}
