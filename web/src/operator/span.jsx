// SPDX-License-Identifier: GPL-2.0-or-later
/* operator/span.jsx - one span with its channels; taking timeslots out of service. */
import { request, session, useLoad } from '../core/api.js';
import { number, span_words } from '../core/format.js';
import { useLive } from '../core/live.js';
import { t, t_of } from '../core/text.js';
import { ActButton } from '../ui/form.jsx';
import { Badge, Card, Facts, Loaded, Page } from '../ui/page.jsx';
import { SpanState } from './overview.jsx';

const ASK_MS = 2000;

function Channel({ c, path, may, changed }) {
	const busy = c.busy || c.state === 'busy';

	return (
		<li class={`channel ${!c.in_service ? 'channel-out' : busy ? 'channel-busy' : ''}`}>
			<span class="channel-head"><strong>{c.timeslot}</strong> <Badge tone={!c.in_service ? 'bad' : busy ? 'busy' : 'good'}>{t(!c.in_service ? 'channel.out' : busy ? 'channel.busy' : 'channel.free')}</Badge></span>
			{busy && <span class="channel-call">{number(c.calling)} → {number(c.called)}<span class="row-more"> {t_of('channel.state', c.state)} {span_words(c.since_s)}</span></span>}
			{may && (
				<ActButton small tone="outline-secondary" done={changed} aria-label={t(c.in_service ? 'channel.take_n' : 'channel.return_n', { n: c.timeslot })}
					act={() => request('PATCH', path, { body: { in_service: !c.in_service, timeslot: c.timeslot } })}>
					{t(c.in_service ? 'channel.take' : 'channel.return')}
				</ActButton>
			)}
		</li>
	);
}

export function SpanPage({ node, span: name }) {
	const path = `/nodes/${node}/spans/${name}`;
	const span = useLoad(path, undefined, ASK_MS);
	const told = useLive().spans.get(`${node}/${name}`);
	const may = session.get().role === 'operator';
	const all_out = span.data?.channels.every((c) => !c.in_service);

	return (
		<Page title={t('span.named', { name })} back={['/operator', t('nav.overview')]} actions={may && span.data && (
			<ActButton tone={all_out ? 'primary' : 'outline-danger'} done={span.reload}
				question={all_out ? null : { title: t('span.take_ask', { name }), body: t('span.take_says'), yes: t('span.take'), danger: true }}
				act={() => request('PATCH', path, { body: { in_service: Boolean(all_out), timeslot: null } })}>{t(all_out ? 'span.return' : 'span.take')}</ActButton>
		)}>
			<Loaded of={span}>
				{(of) => {
					const s = { ...of, ...(told ? { state: told.state, up: told.up, los: told.los, rai: told.rai, layer2: told.layer2 } : {}) };
					return (
						<>
							<Card>
								<Facts of={[
									[t('span.state'), <SpanState span={s} />],
									[t('node.one'), s.node],
									[t('span.los'), t(s.los ? 'span.yes' : 'span.no')],
									[t('span.rai'), t(s.rai ? 'span.yes' : 'span.no')],
									[t('span.layer2'), t(s.layer2 ? 'span.yes' : 'span.no')],
									[t('span.calls'), s.calls],
									[t('span.free'), s.free_channels],
									[t('span.transport'), <span lang="en">{s.transport}</span>, 'wide'],
								]} />
							</Card>
							<h2>{t('channel.title')}</h2>
							<ul class="channels">{of.channels.map((c) => <Channel key={c.timeslot} c={c} path={path} may={may} changed={span.reload} />)}</ul>
						</>
					);
				}}
			</Loaded>
		</Page>
	);
}
