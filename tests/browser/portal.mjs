// SPDX-License-Identifier: GPL-2.0-or-later
/* tests/browser/portal.mjs WORLD.json - the parts of the browser tests, one after another; run.sh has made the world. */
import { axe_part } from './axe.mjs';
import { conference_part } from './conference.mjs';
import { keyboard_part } from './keyboard.mjs';
import { browser_end, browser_start, check, failures, page_complaints } from './lib.mjs';
import { money_part } from './money.mjs';
import { operator_part } from './operator.mjs';
import { size_part } from './size.mjs';

const parts = { size: size_part, conference: conference_part, money: money_part, operator: operator_part, keyboard: keyboard_part, axe: axe_part };

await browser_start();
try {
	for (const [name, part] of Object.entries(parts)) {
		if (process.env.ONLY && !name.includes(process.env.ONLY))
			continue;
		const began = Date.now();
		console.log(`== ${name}`);
		try {
			await part();
		} catch (e) {
			check(`${name} came to its end`, false, e.stack);
		}
		const said = page_complaints();
		check(`${name}: no error in the pages' consoles`, said.length === 0, said.slice(0, 3));
		console.log(`== ${name}: ${((Date.now() - began) / 1000).toFixed(1)} s`);
	}
} finally {
	await browser_end();
}
process.exit(failures() ? 1 : 0); /* also when a part left something open */
