// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tests/browser/axe.mjs - every page in both languages under axe-core, on a phone and on a wide screen: no serious finding, nothing wider than the screen, no text
 * without its translation.
 */
import { axe_source, base, check, login, open, operator_login, sizes, text } from './lib.mjs';

const SUBSCRIBER = ['/', '/bookings', '/bookings?when=past', '/bookings/new', '/live', '/calls', '/contacts', '/recharge', '/ledger', '/account', '/nowhere'];
const OPERATOR = ['/operator', '/operator/spans/sys/pstn', '/operator/live', '/operator/accounts', '/operator/accounts/13800000001', '/operator/cards', '/operator/cards/ours',
	'/operator/tariffs', '/operator/tariffs/standard', '/operator/numbering', '/operator/records', '/operator/audit', '/operator/books'];

/* axe: on a phone in one language, on a wide screen in the other; the rest in all four. */
export async function look(page, where, tag, size, axe = (size === 'phone') === (tag === 'zh-CN')) {
	await page.locator('h1').waitFor();
	await page.waitForFunction(() => !document.querySelector('.loading'));
	if (axe)
		await page.evaluate(axe_source); /* as a tool of the browser, outside the page's own policy: evaluated, not inserted */
	const found = !axe ? [] : await page.evaluate(async () => {
		const { violations } = await globalThis.axe.run(document, { resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] });
		return violations.filter((v) => ['serious', 'critical'].includes(v.impact)).map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join(' | ')}`);
	});
	const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
	const said = await page.evaluate(() => [...document.querySelectorAll('body *:not(code)')].flatMap((e) => [...e.childNodes]).filter((n) => n.nodeType === 3).map((n) => n.data.trim()));
	const keys = said.filter((line) => line.includes('.') && line in text.en);

	const lang = await page.locator('html').getAttribute('lang');

	check(`${where} ${tag} ${size}: ${axe ? 'axe finds nothing serious, ' : ''}nothing is cut off, all is in words, it says its language`,
		found.length === 0 && wide <= 0 && keys.length === 0 && lang === tag, { found, wide, keys, lang });
}

/* Links of lists: the first booking, call, group there is. */
async function detail_links(page) {
	const links = [];

	for (const [list, pattern] of [['/bookings?when=past', '/bookings/'], ['/calls', '/calls/'], ['/contacts', '/groups/']]) {
		await page.goto(base + list);
		await page.locator('h1').waitFor();
		const link = page.locator(`main a[href^="${pattern}"]:not([href$="/new"])`).first();
		const href = await link.getAttribute('href', { timeout: 1500 }).catch(() => null);
		if (href)
			links.push(href);
	}
	return links;
}

const LOOKS = [['phone', 'zh-CN'], ['phone', 'en'], ['wide', 'zh-CN'], ['wide', 'en']];

/* The person's choice of a language, as the pages keep it, wins over the account's and the browser's. */
async function turn(page, size, tag) {
	await page.setViewportSize(sizes[size]);
	await page.evaluate((t) => localStorage.setItem('partyline-language', t), tag);
	await page.reload();
}

export async function axe_part() {
	const page = await open('phone', 'zh-CN');

	for (const [size, tag] of LOOKS)
		for (const where of ['/', '/operator']) {
			await page.goto(base + where);
			await turn(page, size, tag);
			await look(page, `login at ${where}`, tag, size);
		}
	await turn(page, 'phone', 'zh-CN');
	await login(page, '13800000001');
	await page.getByText(page.t('home.balance')).first().waitFor();
	const pages = [...SUBSCRIBER, ...(await detail_links(page))];
	for (const [size, tag] of LOOKS) {
		await turn(page, size, tag);
		for (const where of pages) {
			await page.goto(base + where);
			await look(page, where.replace(/[0-9a-f]{32}/, '…'), tag, size);
		}
	}
	await page.context().close();

	const house = await open('phone', 'zh-CN');
	await operator_login(house, 'operator');
	for (const [size, tag] of LOOKS) {
		await turn(house, size, tag);
		for (const where of OPERATOR) {
			await house.goto(base + where);
			await look(house, where, tag, size);
		}
	}
	await house.context().close();
}
