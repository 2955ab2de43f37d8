// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tests/browser/conference.mjs - a person books a conference on the page; at the time phones ring; the live page tells each party's state within a
 * second of the exchange; what is pressed there happens on the phones within a second.
 */
import { look } from './axe.mjs';
import { Exchange, Line, base, check, login, open, shot, until, world } from './lib.mjs';

const HOST = '13800000001', FIRST = '13900000002', SECOND = '13900000003', BUSY = '13900000004', LATE = '13900000005', STOPPED = '13900000006';
const WITHIN_MS = 1000;
const STARTS_WITHIN_MS = 3000; /* of the booked second: the node looks every second */

/* [date, time] by the wall of Shanghai, the next full minute that is far enough away to be booked and changed. */
function next_minute(after_ms) {
	const at = Math.ceil((Date.now() + after_ms) / 60000) * 60000;
	const wall = new Date(at + 8 * 3600 * 1000).toISOString();

	return { at, date: wall.slice(0, 10), time: wall.slice(11, 16) };
}

const party = (page, number) => page.locator(`.party[data-number="86${number}"]`).first(); /* those who are there come before those who were */
const state_of = (page, number) => party(page, number).getAttribute('data-state', { timeout: 50 });

/* The page shows the state within WITHIN_MS of the exchange's event. */
async function shown(page, number, state, event) {
	const good = await until(5000, async () => (await state_of(page, number)) === state);
	const took = Date.now() - event.seen;

	check(`${number} is shown as "${state}" ${took} ms after the exchange said so`, good && took <= WITHIN_MS, `${took} ms; it is ${await state_of(page, number).catch(() => 'not there')}`);
}

async function wait_event(exchange, ev, number, since, ms = 20000) {
	await until(ms, () => exchange.last(ev, number, since));
	return exchange.last(ev, number, since);
}

/* A press, and the exchange's release of that phone by the node. */
async function releases(exchange, number, ring, press) {
	const began = Date.now();

	await press();
	const gone = () => exchange.events.find((e) => e.ev === 'hangup' && e.call === ring.call && e.seen >= began);
	await until(5000, gone);
	const took = gone() ? gone().seen - began : Infinity;
	check(`${number} is released ${took} ms after the press`, took <= WITHIN_MS && gone()?.by === 'node', gone());
}

async function address_book(page) {
	await page.goto(`${base}/contacts`);
	for (const [name, number] of [['Warehouse', FIRST], ['南京分公司', SECOND]]) {
		await page.getByLabel(page.t('contact.name'), { exact: true }).fill(name);
		await page.getByLabel(page.t('contact.number'), { exact: true }).fill(number);
		await page.getByRole('button', { name: page.t('form.save') }).click();
		await page.getByRole('rowheader', { name }).waitFor();
	}
	await page.getByLabel(page.t('group.new')).fill('Monday');
	await page.getByRole('button', { name: page.t('group.add') }).click();
	await page.getByRole('checkbox', { name: /Warehouse/ }).check();
	await page.getByRole('checkbox', { name: /南京分公司/ }).check();
	await page.getByRole('button', { name: page.t('form.save') }).click();
	await page.getByRole('link', { name: /Monday/ }).waitFor();
	check('an address book and a group, made on the page', true);
	await shot(page, 'contacts-phone-en');
}

async function book(page) {
	await page.goto(`${base}/bookings/new`);
	const when = next_minute(9000);

	await page.getByLabel(page.t('booking.from_group')).selectOption({ label: 'Monday' });
	await page.getByLabel(page.t('booking.date')).fill(when.date);
	await page.getByLabel(page.t('booking.time'), { exact: true }).fill(when.time);
	await page.getByLabel(page.t('music.title')).selectOption('1');
	await page.locator('.price').first().waitFor();
	await page.getByRole('heading', { level: 1 }).focus();
	check('what a person costs a minute is said before', /1\.20/.test(await page.locator('.price').first().textContent()));
	await shot(page, 'booking-form-phone-en');
	await page.getByRole('button', { name: page.t('booking.submit'), exact: true }).click();
	await page.getByRole('heading', { level: 1, name: page.t('booking.one') }).waitFor();
	check('a conference is booked on the page', (await page.getByText(page.t('booking.state.active')).count()) > 0);
	return when;
}

async function change_and_cancel(page) {
	const later = next_minute(86400000);

	await page.goto(`${base}/bookings/new`);
	await page.getByLabel(page.t('booking.number')).fill('139');
	await page.getByLabel(page.t('booking.date')).fill(later.date);
	await page.getByLabel(page.t('booking.time'), { exact: true }).fill(later.time);
	await page.getByRole('button', { name: page.t('booking.submit'), exact: true }).click();
	check('what is no number is said at its field', await until(3000, async () =>
		(await page.getByLabel(page.t('booking.number')).getAttribute('aria-invalid')) === 'true' && (await page.getByText(page.t('field.number')).count()) === 1));
	const day = new Date(later.at).toLocaleDateString('en', { weekday: 'short', timeZone: 'Asia/Shanghai' });
	await page.getByLabel(page.t('booking.number')).fill(LATE);
	await page.getByLabel(page.t('booking.repeat')).selectOption('weekly');
	await page.getByRole('checkbox', { name: day }).check();
	await page.getByRole('button', { name: page.t('booking.submit'), exact: true }).click();
	check('a weekly one', await until(5000, async () => (await page.getByText(page.t('booking.weekly_on', { days: day })).count()) === 1));
	await page.getByRole('link', { name: page.t('booking.change') }).click();
	await page.getByLabel(page.t('booking.redials'), { exact: true }).selectOption('5');
	await page.getByRole('button', { name: page.t('booking.save') }).click();
	await page.getByText(page.t('booking.redials_words', { n: '5', interval: '1 min' })).waitFor();
	check('a booking is changed', true);
	await page.getByRole('button', { name: page.t('booking.cancel') }).click();
	await page.getByRole('dialog').getByRole('button', { name: page.t('booking.cancel') }).click();
	await page.waitForURL(/\/bookings$/);
	await page.goto(`${base}/bookings?when=past`);
	check('and cancelled', await until(3000, async () => (await page.getByText(page.t('booking.state.cancelled')).count()) === 1));
}

async function parties_come(exchange, live, when) {
	const host = await wait_event(exchange, 'ring', HOST, when.at - 1000, when.at - Date.now() + 10000);
	const late = host ? host.seen - when.at : Infinity;

	check(`the host's phone rings ${late} ms after the booked time`, late >= 0 && late <= STARTS_WITHIN_MS, late);
	exchange.send(`answer ${host.call}`);
	await live.locator('.party').first().waitFor({ timeout: 15000 });
	check('the conference appears on the live page', true);
	const ring = await wait_event(exchange, 'ring', SECOND, when.at);
	await shown(live, SECOND, 'ringing', ring);
	const first = await wait_event(exchange, 'ring', FIRST, when.at);
	await until(5000, () => exchange.events.some((e) => e.ev === 'answer' && e.call === first.call));
	await shown(live, FIRST, 'in', exchange.events.find((e) => e.ev === 'answer' && e.call === first.call));
	await shot(live, 'live-ringing-wide-zh');
	exchange.send(`answer ${ring.call}`);
	const answered = Date.now();
	await shown(live, SECOND, 'in', { seen: answered });
	return { host, first, second: ring };
}

async function talking(exchange, live, host) {
	exchange.send(`tone ${host.call} 400 ms=3000`);
	const began = Date.now();
	await until(3000, async () => (await live.locator('.party[data-order="0"].talking').count()) === 1);
	check(`who talks is shown ${Date.now() - began} ms after he begins`, Date.now() - began <= WITHIN_MS + 300, Date.now() - began);
}

/* The line to the office breaks: what is shown then is said to be old, and is right again by itself when there is a line. */
async function line_lost(context, t) {
	const line = new Line(world.address);
	const page = await context.newPage();
	const lost = async () => (await page.getByText(t('live.reconnecting')).count()) === 1;

	await page.goto(`http://127.0.0.1:${await line.mend()}/live`);
	await page.locator('.party').nth(2).waitFor();
	line.cut();
	check('a line that is lost is said', await until(5000, lost));
	await line.mend();
	check('and found again by itself', await until(15000, async () => !(await lost()) && (await page.locator('.party[data-state="in"]').count()) >= 3));
	await page.close();
	line.cut();
}

export async function conference_part() {
	const exchange = new Exchange(`${world.dir}/exchange`);
	const phone = await open('phone', 'en'), live = await open('wide', 'zh-CN');

	await phone.goto(base);
	await shot(phone, 'login-phone-en');
	await login(phone, HOST);
	await phone.getByText(phone.t('home.balance')).first().waitFor();
	await address_book(phone);
	const when = await book(phone);
	await shot(phone, 'booking-phone-en');
	await login(live, HOST);
	await live.getByText(live.t('home.balance')).first().waitFor();
	await shot(live, 'home-wide-zh');
	await change_and_cancel(phone);
	await live.goto(`${base}/live`);
	await live.getByText(live.t('live.none')).waitFor();

	const calls = await parties_come(exchange, live, when);
	await talking(exchange, live, calls.host);
	await shot(live, 'live-wide-zh');
	await phone.goto(`${base}/live`);
	await phone.locator('.party').nth(2).waitFor();
	await shot(phone, 'live-phone-en');
	await look(live, 'a conference that lives', 'zh-CN', 'wide', true);
	await look(phone, 'a conference that lives', 'en', 'phone', true);

	/* mute, lock: shown when the node has told of it */
	await party(live, FIRST).getByRole('button', { name: live.t('live.mute_who', { who: 'Warehouse' }) }).click();
	check('a party is muted, and shown so', await until(WITHIN_MS, async () => (await party(live, FIRST).getByText(live.t('live.muted')).count()) === 1));
	await live.getByRole('button', { name: live.t('live.lock') }).click();
	check('the room is locked, and shown so', await until(WITHIN_MS, async () => (await live.getByText(live.t('live.locked')).count()) === 1));
	await live.getByRole('button', { name: live.t('live.open') }).click();
	check('and open again', await until(WITHIN_MS, async () => (await live.getByText(live.t('live.is_open')).count()) === 1));

	await releases(exchange, FIRST, calls.first, () => party(phone, FIRST).getByRole('button', { name: phone.t('live.drop_who', { who: 'Warehouse' }) }).click());
	check('and shown as gone on both pages', await until(WITHIN_MS, async () => (await state_of(live, FIRST)) === 'ended' && (await state_of(phone, FIRST)) === 'ended'));

	/* invited on the page: one who is busy, one who is stopped while he rings, one who comes */
	for (const number of [BUSY, STOPPED, LATE]) {
		const since = Date.now();
		await live.getByLabel(live.t('live.invite_number'), { exact: true }).fill(number);
		await live.getByRole('button', { name: live.t('live.invite_submit'), exact: true }).click();
		const ring = await wait_event(exchange, 'ring', number, since, 8000);
		check(`${number} is called from the page`, ring !== undefined);
		if (number === BUSY)
			check('that he is busy is shown', await until(3000, async () => (await party(live, BUSY).getByText(live.t('cause.17')).count()) === 1), await party(live, BUSY).textContent());
		if (number === STOPPED)
			await releases(exchange, STOPPED, ring, () => party(live, STOPPED).getByRole('button', { name: live.t('live.stop_who', { who: '139 0000 0006' }) }).click());
		if (number === LATE)
			check('and comes in', await until(5000, async () => (await state_of(live, LATE)) === 'in'));
	}

	const group = Date.now();
	await live.getByRole('button', { name: 'Monday' }).click();
	check('a group is called with one press', (await wait_event(exchange, 'ring', FIRST, group, 8000)) !== undefined && await until(5000, async () => (await state_of(live, FIRST)) === 'in'));
	check('but not who is there already', exchange.last('ring', SECOND, group) === undefined);

	await line_lost(live.context(), live.t);

	const ended = Date.now();
	await live.getByRole('button', { name: live.t('live.end') }).click();
	await live.getByRole('dialog').getByRole('button', { name: live.t('live.end') }).click();
	check('everybody is released at its end', await until(3000, () => [calls.host, calls.second].every((c) => exchange.events.some((e) => e.ev === 'hangup' && e.call === c.call && e.seen >= ended))));
	check('the live page says that it is over', await until(WITHIN_MS + 1000, async () => (await live.getByText(live.t('live.none')).count()) === 1));

	await what_was(phone);
	exchange.end();
	await phone.context().close();
	await live.context().close();
}

/* The booking's outcome party by party; the call, its charge and the working. */
async function what_was(page) {
	await page.goto(`${base}/bookings?when=past`);
	await page.getByText(page.t('booking.state.done')).waitFor();
	await page.getByRole('link', { name: /Warehouse/ }).first().click();
	check('what became of each party is kept', await until(4000, async () => (await page.getByRole('cell', { name: page.t('outcome.answered') }).count()) >= 2));
	await shot(page, 'booking-past-phone-en', '.card .card-body h3');
	await page.getByRole('link', { name: page.t('run.to_call') }).click();
	await page.getByText(page.t('working.title')).first().click();
	const rounded = page.getByText(page.t('working.rounded')).first();
	await rounded.waitFor();
	check('the working of a charge is shown', await rounded.isVisible());
	await shot(page, 'call-phone-en', '.working');
}
