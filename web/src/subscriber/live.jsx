// SPDX-License-Identifier: GPL-2.0-or-later
/* subscriber/live.jsx - my conference, as it happens. */
import { useEffect, useRef } from 'preact/hooks';
import { number } from '../core/format.js';
import { useLive } from '../core/live.js';
import { navigate } from '../core/router.jsx';
import { t } from '../core/text.js';
import { ConferenceView } from '../shared/conference.jsx';
import { ConferenceList } from '../shared/conference_list.jsx';
import { Card, Empty, Loading, Page } from '../ui/page.jsx';

/* One conference is what people have: it is shown at once. */
export function Live() {
	const now = useLive();
	const all = [...now.conferences.values()];

	if (all.length === 1)
		return <One c={all[0]} connected={now.connected} />;
	return (
		<Page title={t('live.title')} actions={<a class="btn btn-outline-primary" href="/bookings/new">{t('booking.new')}</a>}>
			{all.length > 1 ? <Card><ConferenceList conferences={all} base="/live" /></Card>
				: now.ready ? <Card><Empty>{t('live.none')}</Empty><p>{t('live.none_says')}</p></Card> : <Loading />}
		</Page>
	);
}

function One({ c, connected }) {
	return (
		<Page title={t('live.of', { host: number(c.host) })}>
			<ConferenceView conference={c} connected={connected} ended={() => navigate('/live')} />
		</Page>
	);
}

export function LiveOne({ id }) {
	const now = useLive();
	const c = now.conferences.get(id);
	const seen = useRef(null);

	useEffect(() => {
		if (c)
			seen.current = c;
	}, [c]);
	if (c)
		return <One c={c} connected={now.connected} />;
	return (
		<Page title={t('live.title')} back={['/live', t('live.title')]}>
			{now.ready ? <Card><Empty>{t('live.over')}</Empty><p><a href={`/calls/${id}`}>{t('live.to_call')}</a></p></Card> : <Loading />}
		</Page>
	);
}
