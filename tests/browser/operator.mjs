// SPDX-License-Identifier: GPL-2.0-or-later
/* tests/browser/operator.mjs - operators at work: one-time codes, the network as it is, accounts, cards, tariffs, the audit trail; what a role does not see. */
import { base, check, open, operator_login, shot, until } from './lib.mjs';

async function network(page) {
	check('the first page is the network: a span that is up', await until(8000, async () => (await page.getByRole('rowheader', { name: 'pstn' }).count()) >= 1 &&
		(await page.getByText(page.t('span.state.up'), { exact: true }).count()) >= 1));
	check('and a node that does not answer, as such', await until(8000, async () => (await page.getByText(page.t('alarm.node', { name: 'dead', node: 'dead' })).count()) === 1 &&
		(await page.getByText(page.t('node.silent')).count()) >= 1));
	await shot(page, 'operator-network-wide-en');
	await page.getByRole('link', { name: 'pstn' }).first().click();
	await page.getByRole('button', { name: page.t('channel.take_n', { n: '31' }) }).click();
	check('a timeslot leaves service', await until(5000, async () => (await page.getByRole('button', { name: page.t('channel.return_n', { n: '31' }) }).count()) === 1));
	await shot(page, 'operator-span-wide-en');
	await page.getByRole('button', { name: page.t('channel.return_n', { n: '31' }) }).click();
	check('and returns', await until(5000, async () => (await page.getByRole('button', { name: page.t('channel.take_n', { n: '31' }) }).count()) === 1));
}

async function accounts(page) {
	await page.goto(`${base}/operator/accounts`);
	await page.getByLabel(page.t('account.search')).fill('1380000');
	await page.getByRole('button', { name: page.t('form.search') }).click();
	await page.getByRole('link', { name: '138 0000 0002' }).click();
	await page.getByLabel(page.t('topup.amount')).fill('12.50');
	await page.getByRole('button', { name: page.t('topup.submit') }).click();
	await page.getByRole('dialog').getByRole('button', { name: page.t('topup.submit') }).click();
	check('an account found by how its number begins is topped up', await until(5000, async () => (await page.getByText('+¥12.50').count()) === 1));
	await page.getByRole('button', { name: page.t('account.suspend') }).click();
	await page.getByRole('dialog').getByRole('button', { name: page.t('account.suspend') }).click();
	check('suspended', await until(5000, async () => (await page.getByText(page.t('account.state.suspended')).count()) >= 1));
	await page.getByRole('button', { name: page.t('account.resume') }).click();
	check('and resumed', await until(5000, async () => (await page.getByText(page.t('account.state.active')).count()) >= 1));
	await shot(page, 'operator-account-wide-en');
}

async function rest(page) {
	await page.goto(`${base}/operator/cards`);
	await page.getByRole('link', { name: 'fresh' }).click();
	await page.getByRole('button', { name: page.t('card.to_printed') }).click();
	await page.getByRole('dialog').getByRole('button', { name: page.t('card.to_printed') }).click();
	check('a card batch goes on to its next state', await until(5000, async () => (await page.getByText(page.t('card.state.printed')).count()) >= 1));

	await page.goto(`${base}/operator/tariffs/standard`);
	await page.getByLabel(page.t('tariff.lines')).fill('local,,0.50,0,0,1,0\ndomestic,,x,0,0,1,0\n');
	await page.getByRole('button', { name: page.t('csv.try') }).click();
	check('a tariff with a mistake is refused with its line', await until(5000, async () => (await page.getByText(page.t('problem.line', { n: '2' })).count()) >= 1));
	await page.getByLabel(page.t('tariff.lines')).fill('local,,0.50,0,0,1,0\ndomestic,,1.10,0,0,1,0\n');
	await page.getByLabel(page.t('tariff.from')).fill('2097-01-01T00:00');
	await page.getByRole('button', { name: page.t('csv.try') }).click();
	check('a good one is tried, and changes nothing', await until(5000, async () => (await page.getByText(page.t('csv.tried', { n: '2' })).count()) === 1) &&
		(await page.getByRole('rowheader', { name: '2', exact: true }).count()) === 0);
	await page.getByRole('button', { name: page.t('csv.import') }).click();
	check('and imported', await until(5000, async () => (await page.getByText(page.t('csv.imported', { n: '2' })).count()) === 1));
	await page.getByLabel(page.t('tariff.try_lines')).fill('8613800000001,8613900000002,2026-11-02T02:00:00Z,60000\n');
	await page.getByRole('button', { name: page.t('tariff.try_submit') }).click();
	check('what a call would cost', await until(5000, async () => (await page.getByText('¥1.20').count()) >= 1));
	await shot(page, 'operator-tariff-wide-en');

	await page.goto(`${base}/operator/audit`);
	check('all of it is in the audit trail', await until(5000, async () => (await page.getByRole('cell', { name: /operator/ }).count()) >= 3));
	await page.goto(`${base}/operator/books`);
	await page.getByRole('button', { name: page.t('books.run') }).click();
	check('the books balance', await until(8000, async () => (await page.getByText(page.t('books.good')).count()) === 1));
}

export async function operator_part() {
	const page = await open('wide', 'en');

	await operator_login(page, 'operator');
	await network(page);
	await accounts(page);
	await rest(page);
	await page.context().close();

	const clerk = await open('phone', 'zh-CN');
	await operator_login(clerk, 'clerk');
	await clerk.goto(`${base}/operator/accounts`);
	await clerk.locator('.menu summary').click();
	check('a clerk is not offered the audit trail', (await clerk.getByRole('link', { name: clerk.t('nav.cards') }).count()) >= 1 && (await clerk.getByRole('link', { name: clerk.t('nav.audit') }).count()) === 0);
	await shot(clerk, 'operator-menu-phone-zh');
	await clerk.context().close();

	const stranger = await open('wide', 'en');
	await operator_login(stranger, 'stranger');
	await stranger.getByRole('heading', { level: 1, name: stranger.t('nav.lives') }).waitFor();
	await stranger.goto(`${base}/operator/accounts`);
	check('another provider\'s operator has no network and its own accounts alone', await until(5000, async () => (await stranger.getByRole('link', { name: '138 0000 0005' }).count()) === 1) &&
		(await stranger.getByRole('link', { name: '138 0000 0001' }).count()) === 0 && (await stranger.getByRole('link', { name: stranger.t('nav.overview') }).count()) === 0);
	await stranger.context().close();

	const wrong = await open('phone', 'zh-CN');
	await wrong.goto(`${base}/operator`);
	await wrong.getByLabel(wrong.t('login.name')).fill('operator');
	await wrong.getByLabel(wrong.t('login.password')).fill('password-of-operator');
	await wrong.getByLabel(wrong.t('login.code')).fill('000000');
	await wrong.getByRole('button', { name: wrong.t('login.submit') }).click();
	check('without its code a password is nothing', await until(4000, async () => (await wrong.getByRole('alert').count()) === 1));
	await wrong.context().close();
}
