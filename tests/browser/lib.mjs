// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tests/browser/lib.mjs - what the browser tests share: checks that are counted, Chromium on loopback alone, people who log in, the exchange's socket,
 * one-time codes.
 */
import { createHmac } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createConnection, createServer } from 'node:net';
import { createInterface } from 'node:readline';

const from_web = createRequire(new URL('../../web/package.json', import.meta.url));
const { chromium } = from_web('playwright-core');
export const axe_source = readFileSync(from_web.resolve('axe-core/axe.min.js'), 'utf8');

export const world = JSON.parse(readFileSync(process.argv[2], 'utf8'));
export const base = `http://${world.address}`;
export const text = Object.fromEntries(['en', 'zh-CN'].map((tag) =>
	[tag, JSON.parse(readFileSync(new URL(`../../web/src/text/${tag}.json`, import.meta.url), 'utf8'))]));
export const sizes = { phone: { width: 360, height: 760 }, wide: { width: 1440, height: 900 } };

/* ---- checks ---- */

const counted = { passed: 0, failed: 0 };

export function check(name, good, more) {
	counted[good ? 'passed' : 'failed']++;
	console.log(good ? `ok   ${name}` : `FAIL ${name}${more === undefined ? '' : `: ${typeof more === 'string' ? more : JSON.stringify(more)}`}`);
	return good;
}
export const failures = () => counted.failed;

/* Looks until it is so, every 10 ms, for at most ms: true or false. */
export async function until(ms, so) {
	const end = Date.now() + ms;

	do {
		try {
			if (await so())
				return true;
		} catch {
			/* not yet */
		}
		await new Promise((next) => setTimeout(next, 10));
	} while (Date.now() < end);
	return false;
}
export const pause = (ms) => new Promise((next) => setTimeout(next, ms));

/* ---- the browser ---- */

let browser;

export async function browser_start() {
	browser = await chromium.launch({
		executablePath: '/usr/bin/chromium', headless: true,
		args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-default-apps', '--no-first-run',
			'--disable-domain-reliability', '--disable-gpu', '--disable-dev-shm-usage', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'],
	});
}
export const browser_end = () => browser?.close();

/* What the pages themselves say is wrong: an exception, something the Content-Security-Policy forbade, a file that is missing. */
const complaints = [];
export const page_complaints = () => complaints.splice(0);

export async function open(size, locale) {
	const context = await browser.newContext({ viewport: sizes[size], locale, timezoneId: 'Asia/Shanghai', reducedMotion: 'reduce' });
	/* the person's choice of a language, which wins over the account's */
	await context.addInitScript((tag) => localStorage.getItem('partyline-language') || localStorage.setItem('partyline-language', tag), locale);
	const page = await context.newPage();

	page.setDefaultTimeout(10000);
	page.on('pageerror', (e) => complaints.push(String(e)));
	/* a refused request is logged as an error by the browser; whether it should be is each test's own matter */
	page.on('console', (m) => m.type() === 'error' && !/status of (4|503)/.test(m.text()) && complaints.push(m.text()));
	page.t = (key, values = {}) => text[locale][key].replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
	return page;
}

export async function login(page, number, password = '836152') {
	await page.goto(`${base}/`);
	await page.getByLabel(page.t('login.number'), { exact: true }).fill(number);
	await page.getByLabel(page.t('login.password'), { exact: true }).fill(password);
	await page.getByRole('button', { name: page.t('login.submit') }).click();
}

/* A code is good once: the steps that were used are remembered, and the next one waits for its own. */
const used = new Map();
export async function operator_login(page, name) {
	const secret = world.secrets[name];
	let step = Math.floor(Date.now() / 30000);

	await page.goto(`${base}/operator`);
	if (used.get(name) >= step)
		step = used.get(name) + 1; /* the office takes a code of the step before and after */
	used.set(name, step);
	await page.getByLabel(page.t('login.name'), { exact: true }).fill(name);
	await page.getByLabel(page.t('login.password'), { exact: true }).fill(`password-of-${name}`);
	await page.getByLabel(page.t('login.code'), { exact: true }).fill(totp(secret, step));
	await page.getByRole('button', { name: page.t('login.submit') }).click();
	await page.locator('.shell').waitFor();
}

export function totp(secret, step) {
	const bits = [...secret.replace(/[=\s]/g, '').toUpperCase()].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('');
	const key = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
	const counter = Buffer.alloc(8);

	counter.writeBigUInt64BE(BigInt(step));
	const sum = createHmac('sha1', key).update(counter).digest();
	return String((sum.readUInt32BE(sum[19] & 15) & 0x7fffffff) % 1000000).padStart(6, '0');
}

/* Screenshots, when SHOTS names a directory: small ones, kept in docs/screenshots. */
export async function shot(page, name, where) {
	if (!process.env.SHOTS)
		return;
	await page.evaluate((y) => scrollTo(0, y === undefined ? 0 : document.querySelector(y).getBoundingClientRect().top + scrollY - 70), where);
	mkdirSync(process.env.SHOTS, { recursive: true });
	await pause(150);
	await page.screenshot({ path: `${process.env.SHOTS}/${name}.png` });
}

/* ---- a line to the office that can be cut ---- */

export class Line {
	constructor(address) {
		const [host, port] = address.split(':');

		this.sockets = new Set();
		this.port = 0;
		this.connect = (from) => {
			const to = createConnection(Number(port), host);
			for (const [a, b] of [[from, to], [to, from]]) {
				this.sockets.add(a);
				a.on('error', () => b.destroy());
				a.on('close', () => b.destroy() && this.sockets.delete(a));
				a.pipe(b);
			}
		};
	}
	/* Resolves to its port, the same each time. */
	mend() {
		this.server = createServer(this.connect);
		return new Promise((done) => this.server.listen(this.port, '127.0.0.1', () => done((this.port = this.server.address().port))));
	}
	cut() {
		this.server.close();
		for (const socket of this.sockets)
			socket.destroy();
	}
}

/* ---- the exchange ---- */

export class Exchange {
	constructor(path) {
		this.events = [];
		this.socket = createConnection(path);
		createInterface({ input: this.socket }).on('line', (line) => {
			const event = JSON.parse(line);
			event.seen = Date.now();
			this.events.push(event);
		});
	}
	send(command) {
		this.socket.write(`${command}\n`);
	}
	/* The newest event of that kind to that number since a time; undefined. */
	last(ev, called, since = 0) {
		return this.events.filter((e) => e.ev === ev && (!called || same_number(e.called, called)) && e.seen >= since).at(-1);
	}
	end() {
		this.socket.destroy();
	}
}
const same_number = (a, b) => String(a || '').replace(/^(\+|0)?(86)?/, '') === b;
