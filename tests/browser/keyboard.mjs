// SPDX-License-Identifier: GPL-2.0-or-later
/* tests/browser/keyboard.mjs - without a mouse: in by Enter, past the menu, a question answered and left, what is said when a page changes. */
import { base, check, open, until } from './lib.mjs';

/* What has the focus: its name as a screen reader says it, roughly. */
const focus = (page) => page.evaluate(() => {
	const e = document.activeElement;
	return `${e.tagName} ${e.labels?.[0]?.textContent || e.getAttribute('aria-label') || e.textContent}`.slice(0, 60);
});
const tab_to = async (page, what, most = 40) => {
	for (let i = 0; i < most; i++) {
		await page.keyboard.press('Tab');
		if ((await focus(page)).includes(what))
			return true;
	}
	return false;
};

export async function keyboard_part() {
	const page = await open('wide', 'en');

	await page.goto(base);
	await page.locator('h1').waitFor();
	check('a page that opens puts the focus at its head', (await focus(page)) === `H1 ${page.t('login.title')}`, await focus(page));
	await page.keyboard.press('Tab');
	await page.keyboard.type('13800000001');
	await page.keyboard.press('Tab');
	await page.keyboard.type('836152');
	await page.keyboard.press('Enter');
	await page.locator('.shell').waitFor();
	check('in by keys alone, and the next page says what it is', await until(3000, async () => (await focus(page)) === `H1 ${page.t('home.title')}`), await focus(page));

	await page.goto(`${base}/contacts`);
	await page.getByLabel(page.t('contact.name'), { exact: true }).fill('Gate');
	await page.getByLabel(page.t('contact.number'), { exact: true }).fill('02584110001');
	await page.keyboard.press('Enter');
	await page.getByRole('rowheader', { name: 'Gate' }).waitFor();
	await page.evaluate(() => {
		document.body.tabIndex = -1; /* the beginning of the page */
		document.body.focus();
	});
	await page.keyboard.press('Tab');
	check('the first stop leads past the menu', (await focus(page)) === `A ${page.t('shell.skip')}`, await focus(page));
	await page.keyboard.press('Enter');
	check('into the content', (await page.evaluate(() => document.activeElement.id)) === 'main');

	const rows = await page.getByRole('rowheader').count();
	check('to the button that removes', await tab_to(page, 'Remove '), await focus(page));
	const button = await focus(page);
	await page.keyboard.press('Enter');
	await page.getByRole('dialog').waitFor();
	check('the question has the focus', await page.evaluate(() => Boolean(document.activeElement.closest('dialog'))), await focus(page));
	await page.keyboard.press('Escape');
	await page.getByRole('dialog').waitFor({ state: 'detached' });
	check('Escape answers no, and one is where one was', (await focus(page)) === button && (await page.getByRole('rowheader').count()) === rows, await focus(page));

	await page.setViewportSize({ width: 360, height: 760 });
	await page.evaluate(() => document.querySelector('.menu summary').focus());
	await page.keyboard.press('Enter');
	check('the menu of a phone opens by a key', await page.locator('.menu-sheet').isVisible());
	await page.context().close();
}
