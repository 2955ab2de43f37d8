// SPDX-License-Identifier: GPL-2.0-or-later
/* subscriber/booking_parties.jsx - who is to be called: by hand, out of the address book, a whole group; with what each costs a minute. */
import { useEffect, useState } from 'preact/hooks';
import { get } from '../core/api.js';
import { useContacts } from '../core/contacts.js';
import { money, number_plain } from '../core/format.js';
import { t } from '../core/text.js';
import { Button, Input, Select, error_of } from '../ui/form.jsx';
import { Icon } from '../ui/icons.jsx';
import { Card } from '../ui/page.jsx';

const PARTIES_MAX = 63;
const rates = new Map(); /* number -> what /me/rate said, for as long as the pages are there */

/* The price of a number, once somebody has stopped typing it. */
function Price({ of }) {
	const plain = of.replace(/[\s-]/g, '');
	const [rate, set_rate] = useState(rates.get(plain));

	useEffect(() => {
		set_rate(rates.get(plain));
		if (!/^\+?\d{5,31}$/.test(plain) || rates.has(plain))
			return undefined;
		const timer = setTimeout(async () => {
			try {
				rates.set(plain, (await get('/me/rate', { called: plain })).data);
				set_rate(rates.get(plain));
			} catch {
				/* only a help: the booking itself says what is wrong with a number */
			}
		}, 500);
		return () => clearTimeout(timer);
	}, [plain]);
	if (!rate)
		return null;
	return <span class={rate.barred ? 'price bad' : 'price'}>{rate.barred ? t('booking.barred') : t('booking.price', { price: money(rate.minute) })}</span>;
}

export function Parties({ parties, set, problem }) {
	const book = useContacts();
	const known = new Set(parties.map((p) => p.number.replace(/\D/g, '')));
	const change = (i, part) => set(parties.map((p, k) => (k === i ? { ...p, ...part } : p)));

	/* An empty row is where the first of them goes. */
	function add(contacts) {
		const more = contacts.filter((c) => !known.has(c.number) && !known.has(number_plain(c.number)));
		set([...parties.filter((p) => p.number || p.name), ...more.map((c) => ({ number: `+${c.number}`, name: c.name }))].slice(0, PARTIES_MAX));
	}
	return (
		<Card title={t('booking.parties')}>
			<ol class="party-fields">
				{parties.map((p, i) => (
					<li key={i}>
						<Input label={t('booking.number')} type="tel" required autocomplete="off" value={p.number} on={(v) => change(i, { number: v })}
							error={error_of(problem, `parties/${i}/number`, t('field.number'))} />
						<Input label={t('booking.name')} autocomplete="off" maxLength={60} value={p.name} on={(v) => change(i, { name: v })} />
						<Button tone="outline-secondary" class="remove" disabled={parties.length === 1} aria-label={t('booking.remove', { n: i + 1 })}
							onClick={() => set(parties.filter((x, k) => k !== i))}>✕</Button>
						<Price of={p.number} />
					</li>
				))}
			</ol>
			<div class="fields add-parties">
				<Button disabled={parties.length >= PARTIES_MAX} onClick={() => set([...parties, { number: '', name: '' }])}><Icon name="plus" /> {t('booking.add')}</Button>
				{book.contacts.length > 0 && (
					<Select label={t('booking.from_book')} hide_label value="" on={(id) => add(book.contacts.filter((c) => c.id === id))}
						options={[['', t('booking.from_book')], ...book.contacts.map((c) => [c.id, c.name])]} />
				)}
				{book.groups.length > 0 && (
					<Select label={t('booking.from_group')} hide_label value="" on={(id) => add(book.groups.find((g) => g.id === id)?.contacts || [])}
						options={[['', t('booking.from_group')], ...book.groups.map((g) => [g.id, g.name])]} />
				)}
			</div>
		</Card>
	);
}
