// SPDX-License-Identifier: GPL-2.0-or-later
/* tests/browser/size.mjs - what comes over the line for the first page, and what the headers promise about it. */
import { base, check, open } from './lib.mjs';

const MOST = 200 * 1000;

/* The octets as they were sent, packed and with their headers, as the browser counted them. */
async function transferred(page, act) {
	const client = await page.context().newCDPSession(page);
	let octets = 0;

	await client.send('Network.enable');
	client.on('Network.loadingFinished', (e) => (octets += e.encodedDataLength));
	await act();
	await page.waitForLoadState('networkidle');
	await client.detach();
	return octets;
}

export async function size_part() {
	const page = await open('phone', 'zh-CN');
	const first = await transferred(page, async () => {
		await page.goto(base);
		await page.getByRole('heading', { level: 1 }).waitFor();
	});

	check(`the first page takes ${first} octets, under ${MOST}`, first > 20000 && first < MOST, first);
	const again = await transferred(page, () => page.reload());
	check(`the second time ${again}: what has a hash in its name is kept`, again < 5000, again);

	const response = await page.request.get(base);
	const policy = response.headers()['content-security-policy'] || '';
	check('its policy allows nothing inline and nothing of others', /default-src 'none'/.test(policy) && !/unsafe|https?:|\*/.test(policy), policy);
	const html = await response.text();
	check('nothing in it is inline', !/<script(?![^>]*\ssrc=)[^>]*>|<style|\sstyle=|\son\w+=/i.test(html), html);
	await page.context().close();
}
