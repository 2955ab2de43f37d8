// SPDX-License-Identifier: GPL-2.0-or-later
/* operator/live.jsx - the calls and rooms of now; one of them. */
import { duration, number } from '../core/format.js';
import { seconds_left, useLive } from '../core/live.js';
import { navigate } from '../core/router.jsx';
import { t } from '../core/text.js';
import { ConferenceView } from '../shared/conference.jsx';
import { Alert, Badge, Card, Empty, Loading, Page } from '../ui/page.jsx';
import { Table } from '../ui/table.jsx';

export function Lives() {
	const now = useLive();
	const all = [...now.conferences.values()].sort((a, b) => (a.began_at < b.began_at ? 1 : -1));

	return (
		<Page title={t('nav.lives')}>
			{!now.connected && now.ready && <Alert tone="warning">{t('live.reconnecting')}</Alert>}
			<Card>
				{!now.ready && all.length === 0 ? <Loading /> : (
					<Table label={t('nav.lives')} rows={all} row_key={(c) => c.id} empty={t('live.nobody')} columns={[
						{ key: 'host', label: t('live.host'), head: true, cell: (c) => <a href={`/operator/live/${c.id}`}>{number(c.host)}</a> },
						{ key: 'node', label: t('node.one'), cell: (c) => <>{c.node} {!c.reachable && <Badge tone="bad">{t('node.silent')}</Badge>}</> },
						{ key: 'kind', label: t('call.kind'), cell: (c) => t(c.booking ? 'call.booked' : 'call.dialled') },
						{ key: 'in', label: t('live.in'), end: true, cell: (c) => c.parties_in },
						{ key: 'calling', label: t('live.calling_n'), end: true, cell: (c) => c.parties.filter((p) => ['rating', 'reserving', 'dialling', 'ringing', 'asked'].includes(p.state)).length },
						{ key: 'room', label: t('live.room'), cell: (c) => t(c.locked ? 'live.locked' : 'live.is_open') },
						{ key: 'left', label: t('live.left'), end: true, cell: (c) => (c.seconds_left === null ? '–' : duration(seconds_left(c))) },
					]} />
				)}
			</Card>
		</Page>
	);
}

export function LiveOne({ id }) {
	const now = useLive();
	const c = now.conferences.get(id);

	return (
		<Page title={c ? t('live.of', { host: number(c.host) }) : t('live.title')} back={['/operator/live', t('nav.lives')]}>
			{c ? <ConferenceView conference={c} connected={now.connected} ended={() => navigate('/operator/live')} />
				: now.ready ? <Card><Empty>{t('live.over')}</Empty><p><a href={`/operator/calls/${id}`}>{t('live.to_call')}</a></p></Card> : <Loading />}
		</Page>
	);
}
