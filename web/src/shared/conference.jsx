// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * shared/conference.jsx - a conference that lives: who is in, who talks, who is being called, and what can be done about it. What is shown
 * is what the node has said, never what was asked for: a press changes nothing here until the node tells of it.
 */
import { useEffect, useRef, useState } from 'preact/hooks';
import { request, session, useAct } from '../core/api.js';
import { useContacts } from '../core/contacts.js';
import { clock, duration, number } from '../core/format.js';
import { seconds_left } from '../core/live.js';
import { t, t_of } from '../core/text.js';
import { ActButton, Form, Input, Select, error_of } from '../ui/form.jsx';
import { Icon } from '../ui/icons.jsx';
import { Alert, Badge, Card, ProblemAlert, problem_text } from '../ui/page.jsx';

const tones = { in: 'good', private: 'good', away: 'busy', ringing: 'busy', dialling: 'busy', asked: 'busy', rating: 'busy', reserving: 'busy' };
const SOON_S = 120;

/* Runs the page's own clock, once a second. */
function useSeconds() {
	const [, draw] = useState(0);

	useEffect(() => {
		const timer = setInterval(() => draw((n) => n + 1), 1000);
		return () => clearInterval(timer);
	}, []);
}

/* Refused by the network or the far end: the cause says how. */
export function party_state(p) {
	if (p.state !== 'ended')
		return t_of('party.state', p.state);
	if (p.failure && p.failure !== 'refused')
		return t_of('failure', p.failure);
	if (p.answered)
		return t('party.left');
	return p.cause === 16 || t_of('cause', p.cause) === String(p.cause) ? t('party.not_reached') : t(`cause.${p.cause}`);
}

/* Each change of a party's state, in words for a screen reader. */
function Said({ conference, name_of }) {
	const before = useRef(new Map());
	const [text, set_text] = useState('');

	useEffect(() => {
		const changed = [];
		for (const p of conference.parties) {
			const state = p.muted && p.state === 'in' ? t('live.muted') : party_state(p);
			if (before.current.size && before.current.get(p.order) !== state)
				changed.push(`${name_of(p.number) || number(p.number)}: ${state}`);
			before.current.set(p.order, state);
		}
		if (changed.length)
			set_text(changed.join('. '));
	}, [conference]);
	return <p class="visually-hidden" role="status" aria-live="polite">{text}</p>;
}

function Party({ p, base, may, name_of, again }) {
	const name = p.order === 0 ? t('live.host') : name_of(p.number);
	const who = name_of(p.number) || number(p.number);
	const inside = ['in', 'private', 'away'].includes(p.state), ended = p.state === 'ended';

	return (
		<li class={`party party-${p.state} ${p.talking && inside ? 'talking' : ''}`} data-order={p.order} data-number={p.number} data-state={p.state}>
			<span class="party-mark" aria-hidden="true"><Icon name={p.muted ? 'mic_off' : ended ? 'hangup' : inside ? 'mic' : 'clock'} /></span>
			<span class="party-who">
				<strong>{name || number(p.number)}</strong>
				{name && <span class="row-more">{p.order === 0 && name_of(p.number) ? `${name_of(p.number)} · ` : ''}{number(p.number)}</span>}
			</span>
			<span class="party-state">
				{p.talking && inside && <Badge tone="talk">{t('live.talking')}</Badge>}
				{p.muted && inside && <Badge tone="bad">{t('live.muted')}</Badge>}
				<Badge tone={tones[p.state] || 'quiet'}>{party_state(p)}</Badge>
				<span class="row-more">{clock(p.since_at)}</span>
			</span>
			{may && (
				<span class="party-acts">
					{inside && (
						<ActButton small tone="outline-secondary" aria-label={t(p.muted ? 'live.unmute_who' : 'live.mute_who', { who })}
							act={() => request('PATCH', `${base}/parties/${p.order}`, { body: { muted: !p.muted } })}>
							{t(p.muted ? 'live.unmute' : 'live.mute')}
						</ActButton>
					)}
					{!ended && p.order !== 0 && (
						<ActButton small tone="outline-danger" aria-label={t(inside ? 'live.drop_who' : 'live.stop_who', { who })}
							act={() => request('DELETE', `${base}/parties/${p.order}`)}>
							{t(inside ? 'live.drop' : 'live.stop')}
						</ActButton>
					)}
					{ended && p.order !== 0 && (
						<ActButton small tone="outline-primary" aria-label={t('live.again_who', { who })} act={(key) => again(key, p.number)}>{t('live.again')}</ActButton>
					)}
				</span>
			)}
		</li>
	);
}

function Invite({ parties, invite }) {
	const [to, set_to] = useState('');
	const book = useContacts();
	const act = useAct((key, body) => invite(key, body));
	/* each with a key of its own, made from the act's: repeated, nobody is called twice; who cannot be called keeps nobody else out */
	const group = useAct(async (key, contacts) => {
		const results = await Promise.allSettled(contacts.map((c, i) => invite(`${key}-${i}`, `+${c.number}`)));
		const refused = results.find((r) => r.status === 'rejected');

		if (refused)
			throw refused.reason;
	});
	const there = new Set(parties.filter((p) => p.state !== 'ended').map((p) => p.number));

	return (
		<Card title={t('live.invite')}>
			<Form act={act} submit={t('live.invite_submit')} fields={['number']} on_submit={async () => {
				if (await act.run(to.replace(/[\s-]/g, '')))
					set_to('');
			}}>
				<Input label={t('live.invite_number')} error={error_of(act.problem, 'number', t('field.number'))} type="tel" required
					value={to} on={set_to} list="live-contacts" autocomplete="off" />
				<datalist id="live-contacts">{book.contacts.map((c) => <option key={c.id} value={`+${c.number}`}>{c.name}</option>)}</datalist>
			</Form>
			{book.groups.some((g) => g.contacts.length > 0) && (
				<p class="groups">
					{t('live.invite_group')}{' '}
					{book.groups.filter((g) => g.contacts.length > 0).map((g) => (
						<button key={g.id} type="button" class="btn btn-sm btn-outline-primary" disabled={group.busy} onClick={() => group.run(g.contacts.filter((c) => !there.has(c.number)))}>{g.name}</button>
					))}
				</p>
			)}
			<ProblemAlert of={group.problem} />
		</Card>
	);
}

function Controls({ c, base, ended }) {
	const music = useAct((key, track) => request('PATCH', base, { body: { music: track } }));
	const tracks = Array.from({ length: c.music_tracks }, (x, i) => [i + 1, t('music.track', { n: i + 1 })]);

	return (
		<Card title={t('live.controls')}>
			<div class="controls">
				<ActButton tone="outline-primary" act={() => request('PATCH', base, { body: { locked: !c.locked } })}>
					<Icon name={c.locked ? 'unlock' : 'lock'} /> {t(c.locked ? 'live.open' : 'live.lock')}
				</ActButton>
				{tracks.length > 0 && (
					<Select label={t('music.title')} value={c.music} error={music.problem && problem_text(music.problem)} options={[[0, t('music.none')], ...tracks]} disabled={music.busy} on={(v) => music.run(Number(v))} />
				)}
				<ActButton tone="danger" act={() => request('DELETE', base)} done={ended}
					question={{ title: t('live.end_ask'), body: t('live.end_says'), yes: t('live.end'), danger: true }}>
					<Icon name="hangup" /> {t('live.end')}
				</ActButton>
			</div>
		</Card>
	);
}

function Left({ c }) {
	const left = seconds_left(c);

	if (left === null)
		return null;
	return <div class={left < SOON_S ? 'figure soon' : 'figure'}><dt>{t('live.left')}</dt><dd>{duration(left)}</dd></div>;
}

export function ConferenceView({ conference: c, connected, ended }) {
	const me = session.get();
	const book = useContacts();
	const name_of = (n) => book.name_of(n);
	const base = `/conferences/${c.id}`;
	const may = ['subscriber', 'operator'].includes(me.role) && c.reachable;
	const invite = (key, n) => request('POST', `${base}/parties`, { key, body: { number: n } });

	useSeconds();
	const inside = c.parties.filter((p) => p.state !== 'ended'), gone = c.parties.filter((p) => p.state === 'ended');
	const rows = (parties) => parties.map((p) => (
		<Party key={p.order} p={p} base={base} may={may} name_of={name_of} again={(key, n) => invite(key, `+${n}`)} />
	));
	return (
		<>
			{!connected && <Alert tone="warning">{t('live.reconnecting')}</Alert>}
			{!c.reachable && <Alert tone="warning">{t('live.node_unreached', { node: c.node })}</Alert>}
			<Said conference={c} name_of={name_of} />
			<dl class="figures">
				<div class="figure"><dt>{t('live.in')}</dt><dd>{c.parties_in}</dd></div>
				<div class="figure"><dt>{t('live.lasts')}</dt><dd>{duration((Date.now() - Date.parse(c.began_at)) / 1000)}</dd></div>
				<Left c={c} />
				<div class="figure"><dt>{t('live.room')}</dt><dd>{t(c.locked ? 'live.locked' : 'live.is_open')}</dd></div>
			</dl>
			<div class="columns wide-first">
				<Card title={t('live.parties')}>
					<ul class="parties">{rows(inside)}</ul>
					{gone.length > 0 && <><h3>{t('live.gone')}</h3><ul class="parties">{rows(gone)}</ul></>}
				</Card>
				{may && <div><Invite parties={c.parties} invite={invite} /><Controls c={c} base={base} ended={ended} /></div>}
			</div>
		</>
	);
}
