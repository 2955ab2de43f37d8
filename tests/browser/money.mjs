// SPDX-License-Identifier: GPL-2.0-or-later
/* tests/browser/money.mjs - recharge for oneself and for another, a card that is no good, the password changed, and the lock after three wrong ones. */
import { readFileSync } from 'node:fs';
import { base, check, login, open, shot, until, world } from './lib.mjs';

const ANOTHER = '13800000002';

/* The printer's file: serial,number lines. */
const cards = () => readFileSync(`${world.dir}/ours.csv`, 'utf8').match(/\b\d{16,}\b/g);

async function recharge(page, card, other) {
	await page.goto(`${base}/recharge`);
	await page.getByLabel(page.t('recharge.card')).fill(card);
	if (other) {
		await page.getByLabel(page.t('recharge.other')).check();
		await page.getByLabel(page.t('recharge.number')).fill(other);
	}
	await page.getByRole('button', { name: page.t('recharge.submit') }).click();
}

export async function money_part() {
	const page = await open('phone', 'zh-CN');
	const [one, two] = cards();

	await login(page, ANOTHER);
	await page.getByText('50.00').first().waitFor();
	await shot(page, 'home-phone-zh');
	await recharge(page, one);
	check('a card of 10.00 makes 60.00', await until(4000, async () => (await page.getByText('60.00').count()) > 0));
	await shot(page, 'recharge-phone-zh');
	await recharge(page, one);
	check('a card that was used is refused, in words', await until(4000, async () => (await page.getByText(page.t('problem.card-refused')).count()) === 1));
	await recharge(page, two, '13800000001');
	check('another is recharged, and his balance not told', await until(4000, async () => (await page.getByText(page.t('recharge.done').split('{')[0]).count()) > 0) &&
		(await page.getByText(page.t('recharge.balance').split('{')[0]).count()) === 0);
	await page.goto(`${base}/ledger`);
	check('it is in the movements', await until(4000, async () => (await page.getByText(page.t('movement.card')).count()) === 1));

	await page.goto(`${base}/account`);
	const change = async (old, next) => {
		await page.getByLabel(page.t('password.old'), { exact: true }).fill(old);
		await page.getByLabel(page.t('password.new'), { exact: true }).fill(next);
		await page.getByLabel(page.t('password.again'), { exact: true }).fill(next);
		await page.getByRole('button', { name: page.t('password.submit') }).click();
	};
	await change('836152', '111111');
	check('a password that is too simple is refused', await until(4000, async () => (await page.getByText(page.t('problem.weak-password')).count()) > 0));
	await change('836152', '725194');
	check('a better one is taken', await until(4000, async () => (await page.getByText(page.t('password.changed')).count()) > 0));

	await page.getByLabel(page.t('account.callback')).selectOption('press-1');
	await page.getByLabel(page.t('account.language_of')).selectOption('en');
	await page.getByRole('button', { name: page.t('form.save') }).click();
	check('the account\'s language is changed, and the page\'s with it', await until(4000, async () => (await page.locator('html').getAttribute('lang')) === 'en' &&
		(await page.getByRole('heading', { level: 1, name: 'My account' }).count()) === 1));
	await page.reload();
	check('and what a callback asks for', await until(4000, async () => (await page.getByLabel('When I am called back').inputValue()) === 'press-1'));
	await page.context().close();

	const stranger = await open('phone', 'zh-CN');
	for (let i = 0; i < 3; i++) {
		await login(stranger, ANOTHER, '000000');
		await stranger.getByRole('alert').waitFor();
	}
	await login(stranger, ANOTHER, '725194');
	const locked = stranger.t('problem.locked_for').split('{')[0];
	check('three wrong passwords lock it, also for the right one', await until(4000, async () => (await stranger.getByRole('alert').textContent()).includes(locked)),
		await stranger.getByRole('alert').textContent());
	await shot(stranger, 'locked-phone-zh');
	await stranger.context().close();
}
