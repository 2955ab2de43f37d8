// SPDX-License-Identifier: GPL-2.0-or-later
/* operator/overview.jsx - nodes, alarms, spans and trunks, as they are now. Nodes and spans are told by events; trunks are asked for. */
import { useEffect } from 'preact/hooks';
import { session, useLoad } from '../core/api.js';
import { count, span_words, time } from '../core/format.js';
import { useLive } from '../core/live.js';
import { t, t_of } from '../core/text.js';
import { Icon } from '../ui/icons.jsx';
import { Alert, Badge, Card, Facts, Loaded, Page } from '../ui/page.jsx';
import { Table } from '../ui/table.jsx';
import { Lives } from './live.jsx';

const ASK_MS = 5000;

export function SpanState({ span }) {
	return <Badge tone={span.up ? 'good' : 'bad'}>{t_of('span.state', span.state)}</Badge>;
}

function Nodes({ nodes }) {
	return (
		<div class="tiles">
			{nodes.map((n) => (
				<Card key={n.name} class={n.reachable ? '' : 'unreached'} title={n.name}
					actions={<Badge tone={n.reachable ? 'good' : 'bad'}>{t(n.reachable ? 'node.answers' : 'node.silent')}</Badge>}>
					{!n.reachable && <p>{n.seen_at ? t('node.seen', { time: time(n.seen_at) }) : t('node.never')}</p>}
					{n.reachable && (
						<Facts of={[
							[t('node.calls'), count(n.calls ?? 0)],
							[t('node.legs'), count(n.legs ?? 0)],
							[t('node.spans'), `${n.spans_up ?? 0} / ${n.spans ?? 0}`],
							[t('node.free'), count(n.free_channels ?? 0)],
							n.started_at && [t('node.started'), time(n.started_at)],
						]} />
					)}
				</Card>
			))}
		</div>
	);
}

function Alarms({ alarms }) {
	if (alarms.length === 0)
		return <Alert tone="success">{t('alarm.none')}</Alert>;
	return (
		<ul class="alarms">
			{alarms.map((a) => (
				<li key={a.node + a.kind + a.name}>
					<Icon name="alarm" />
					<span><strong>{t(`alarm.${a.kind}`, { name: a.name, node: a.node })}</strong> {t_of('span.state', a.text)}
						{a.since_s !== null && <span class="row-more"> {t('alarm.since', { time: span_words(a.since_s) })}</span>}</span>
				</li>
			))}
		</ul>
	);
}

function Spans({ spans }) {
	return (
		<Table label={t('span.title')} rows={spans} row_key={(s) => `${s.node}/${s.name}`} empty={t('span.none')} columns={[
			{ key: 'name', label: t('span.one'), head: true, cell: (s) => <a href={`/operator/spans/${s.node}/${s.name}`}>{s.name}</a> },
			{ key: 'node', label: t('node.one'), cell: (s) => s.node },
			{ key: 'state', label: t('span.state'), cell: (s) => <SpanState span={s} /> },
			{ key: 'since', label: t('span.since'), end: true, cell: (s) => span_words(s.since_s) },
			{ key: 'calls', label: t('span.calls'), end: true, cell: (s) => count(s.calls) },
			{ key: 'free', label: t('span.free'), end: true, cell: (s) => count(s.free_channels) },
			{ key: 'out', label: t('span.out'), end: true, cell: (s) => count(s.out_of_service) },
		]} />
	);
}

function Trunks({ trunks }) {
	return (
		<Table label={t('trunk.title')} rows={trunks} row_key={(x) => `${x.node}/${x.name}`} empty={t('trunk.none')} columns={[
			{ key: 'name', label: t('trunk.one'), head: true, cell: (x) => x.name },
			{ key: 'node', label: t('node.one'), cell: (x) => x.node },
			{ key: 'kind', label: t('trunk.kind'), cell: (x) => t_of('trunk.kind', x.kind) },
			{ key: 'up', label: t('span.state'), cell: (x) => <Badge tone={x.up ? 'good' : 'bad'}>{t(x.up ? 'trunk.up' : 'trunk.down')}</Badge> },
			{ key: 'calls', label: t('span.calls'), end: true, cell: (x) => count(x.calls) },
			{ key: 'free', label: t('span.free'), end: true, cell: (x) => count(x.free_channels) },
		]} />
	);
}

export function Overview() {
	/* another provider's operators have no nodes: what lives of theirs is their first page */
	return session.get().house ? <House /> : <Lives />;
}

function House() {
	const now = useLive();
	const nodes = useLoad('/nodes'), spans = useLoad('/spans');
	const alarms = useLoad('/alarms', undefined, ASK_MS), trunks = useLoad('/trunks', undefined, ASK_MS);
	const newer = (list, map, key) => list.map((x) => map.get(key(x)) || x);
	const state = [...now.nodes.values()].map((n) => n.name + n.reachable).join() + [...now.spans.values()].map((s) => s.name + s.state).join();

	useEffect(() => {
		if (state)
			alarms.reload();
	}, [state]);
	return (
		<Page title={t('nav.overview')}>
			{!now.connected && now.ready && <Alert tone="warning">{t('live.reconnecting')}</Alert>}
			<h2>{t('alarm.title')}</h2>
			<div aria-live="polite"><Loaded of={alarms}>{(a) => <Alarms alarms={a.items} />}</Loaded></div>
			<h2>{t('node.title')}</h2>
			<Loaded of={nodes}>{(n) => <Nodes nodes={newer(n.items, now.nodes, (x) => x.name)} />}</Loaded>
			<Card title={t('span.title')}><Loaded of={spans}>{(s) => <Spans spans={newer(s.items, now.spans, (x) => `${x.node}/${x.name}`)} />}</Loaded></Card>
			<Card title={t('trunk.title')}><Loaded of={trunks}>{(x) => <Trunks trunks={x.items} />}</Loaded></Card>
		</Page>
	);
}
