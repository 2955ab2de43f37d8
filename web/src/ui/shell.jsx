// SPDX-License-Identifier: GPL-2.0-or-later
/* ui/shell.jsx - around every page: the name, the way to the other pages (at the side, on a phone at the foot), language, logout. */
import { useEffect, useRef } from 'preact/hooks';
import { session, session_end, status } from '../core/api.js';
import { navigate, place } from '../core/router.jsx';
import { language, language_choose, languages, t } from '../core/text.js';
import { number } from '../core/format.js';
import { Question } from './form.jsx';
import { Icon } from './icons.jsx';
import { Notices } from './page.jsx';

export function Languages() {
	const now = language.use();

	return (
		<div class="languages" role="group" aria-label={t('shell.language')}>
			{languages.map((l) => (
				<button key={l.tag} type="button" lang={l.tag} class="link" aria-pressed={l === now ? 'true' : 'false'}
					onClick={() => language_choose(l.tag)}>{l.name}</button>
			))}
		</div>
	);
}

function Links({ links, here }) {
	return links.map((l) => (
		<a key={l.to} href={l.to} class="nav-item" aria-current={l.is(here) ? 'page' : undefined}>
			<Icon name={l.icon} /><span>{l.text}</span>
		</a>
	));
}

function Person() {
	const me = session.get();

	return (
		<div class="person">
			<span class="who">{me.kind === 'operator' ? `${me.name} · ${t(`role.${me.role}`)}` : number(me.number)}</span>
			<button type="button" class="link" onClick={async () => {
				const to = me.kind === 'operator' ? '/operator' : '/';
				await session_end();
				navigate(to);
			}}><Icon name="out" size={18} /> {t('shell.logout')}</button>
		</div>
	);
}

/* links: {to, text, icon, is(path), foot: also at the foot of a phone}. */
export function Shell({ links, children }) {
	const here = place.use().split('?')[0];
	const menu = useRef();
	const foot = links.filter((l) => l.foot);

	useEffect(() => {
		if (menu.current)
			menu.current.open = false;
	}, [here]);
	return (
		<div class="shell">
			<a class="skip" href="#main" onClick={(e) => {
				e.preventDefault();
				document.getElementById('main').focus();
			}}>{t('shell.skip')}</a>
			<header class="top">
				<a href={links[0].to} class="brand"><img src="/favicon.svg" alt="" width="28" height="28" />{status.get()?.name || 'Partyline'}</a>
				<div class="top-end"><Languages /><Person /></div>
				<details class="menu" ref={menu}>
					<summary><Icon name="menu" /><span class="visually-hidden">{t('shell.menu')}</span></summary>
					<div class="menu-sheet">
						<nav aria-label={t('shell.menu')}><Links links={links} here={here} /></nav>
						<div class="menu-end"><Languages /><Person /></div>
					</div>
				</details>
			</header>
			<nav class="side" aria-label={t('shell.pages')}><Links links={links} here={here} /></nav>
			<main id="main" tabIndex={-1}>{children}</main>
			{foot.length > 0 && <nav class="foot" aria-label={t('shell.pages_short')}><Links links={foot} here={here} /></nav>}
			<Notices />
			<Question />
		</div>
	);
}

/* Before a login. */
export function Gate({ children }) {
	return (
		<div class="gate">
			<header><img src="/favicon.svg" alt="" width="40" height="40" /><span class="brand">{status.get()?.name || 'Partyline'}</span></header>
			<main id="main" tabIndex={-1}>{children}</main>
			<footer><Languages /></footer>
			<Notices />
		</div>
	);
}
