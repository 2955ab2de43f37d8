// SPDX-License-Identifier: GPL-2.0-or-later
/* ui/page.jsx - what every page is made of: its head, cards, messages, what a refusal says. */
import { useEffect, useRef } from 'preact/hooks';
import { status } from '../core/api.js';
import { span_words } from '../core/format.js';
import { makeStore } from '../core/store.js';
import { t, t_of } from '../core/text.js';

/* A page's head. Its title goes to the window, and the focus to it, so that a screen reader says where one is. */
export function Page({ title, back, actions, children }) {
	const head = useRef();

	useEffect(() => {
		document.title = `${title} · ${status.get()?.name || 'Partyline'}`;
	}, [title]);
	useEffect(() => head.current?.focus({ preventScroll: true }), []);
	return (
		<>
			{back && <nav aria-label={t('page.back_to')} class="back"><a href={back[0]}>‹ {back[1]}</a></nav>}
			<div class="page-head">
				<h1 tabIndex={-1} ref={head}>{title}</h1>
				{actions && <div class="page-actions">{actions}</div>}
			</div>
			{children}
		</>
	);
}

export function Card({ title, actions, children, class: more, level = 2 }) {
	const Heading = `h${level}`;

	return (
		<section class={`card ${more || ''}`}>
			{title && <div class="card-head"><Heading>{title}</Heading>{actions}</div>}
			<div class="card-body">{children}</div>
		</section>
	);
}

/* A word with a colour that says the same: good, busy, bad, quiet. */
export function Badge({ tone = 'quiet', children }) {
	return <span class={`tag tag-${tone}`}>{children}</span>;
}

/* of: [name, value], and "wide" for what wants the room of two. */
export function Facts({ of }) {
	return (
		<dl class="facts">
			{of.filter(Boolean).map(([name, value, more]) => <div key={name} class={more}><dt>{name}</dt><dd>{value}</dd></div>)}
		</dl>
	);
}

export const Loading = () => <p class="loading" role="status">{t('page.loading')}</p>;
export const Empty = ({ children }) => <p class="empty">{children}</p>;

export function Alert({ tone = 'info', children }) {
	return <div class={`alert alert-${tone}`} role={tone === 'danger' ? 'alert' : 'status'}>{children}</div>;
}

/* What a refusal says, in the page's language. */
export function problem_text(p) {
	if (p.code === 'locked' && p.retry_after_s)
		return t('problem.locked_for', { time: span_words(Math.ceil(p.retry_after_s / 60) * 60) });
	if (p.code === 'wrong-password' && p.tries_left !== undefined)
		return t('problem.wrong_password_left', { n: p.tries_left });
	if (p.code === 'card-refused' && p.outcome === 'no_account')
		return t('problem.card_no_account');
	if (p.code === 'too-many' && p.retry_after_s)
		return t('problem.too_many_for', { time: span_words(p.retry_after_s) });
	return t_of('problem', p.code);
}

export function ProblemAlert({ of: p, fields = [] }) {
	if (!p)
		return null;
	const shown = p.errors.filter((e) => !fields.some((f) => e.pointer === `#/${f}` || e.pointer === f));

	/* the server's sentence is English: help for support, below what the page says itself */
	const detail = ['conflict', 'invalid', 'forbidden', 'internal', 'node-unreachable'].includes(p.code) && (shown[0]?.detail || p.detail);
	return (
		<Alert tone="danger">
			{problem_text(p)}
			{p.lines.length > 0 && (
				<ul class="lines">
					{p.lines.slice(0, 50).map((l) => <li key={l.line}>{t('problem.line', { n: l.line })} <span lang="en">{l.detail}</span></li>)}
				</ul>
			)}
			{detail && !p.lines.length && <div class="small" lang="en">{detail}</div>}
		</Alert>
	);
}

/* What useLoad() or usePages() have: children when it is there. */
export function Loaded({ of: { data, loading, problem, reload }, children }) {
	if (problem && !data)
		return (
			<>
				<ProblemAlert of={problem} />
				<p><button type="button" class="btn btn-outline-primary" onClick={reload}>{t('page.again')}</button></p>
			</>
		);
	if (loading && !data)
		return <Loading />;
	return children(data);
}

/* ---- a word after something was done: seen for a while, and said ---- */

const notices = makeStore([]);

export function notify(text) {
	const mine = { text, id: Math.random() };

	notices.set([mine]);
	setTimeout(() => notices.set(notices.get().filter((n) => n !== mine)), 6000);
}

export function Notices() {
	return (
		<div class="notices" role="status" aria-live="polite">
			{notices.use().map((n) => <div key={n.id} class="notice">{n.text}</div>)}
		</div>
	);
}
