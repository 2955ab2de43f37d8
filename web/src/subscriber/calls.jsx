// SPDX-License-Identifier: GPL-2.0-or-later
/* subscriber/calls.jsx - the calls that were, and one with its legs. */
import { useLoad, usePages } from '../core/api.js';
import { t } from '../core/text.js';
import { CallDetail } from '../shared/call_detail.jsx';
import { CallTable } from '../shared/call_table.jsx';
import { Card, Loaded, Page } from '../ui/page.jsx';

export function Calls() {
	return <Page title={t('nav.calls')}><Card><CallTable pages={usePages('/calls')} base="/calls" /></Card></Page>;
}

export function Call({ id }) {
	const call = useLoad(`/calls/${id}`);

	return (
		<Page title={t('call.one')} back={['/calls', t('nav.calls')]}>
			<Loaded of={call}>
				{(c) => (
					<>
						<CallDetail call={c} />
						{c.booking && <p><a href={`/bookings/${c.booking}`}>{t('call.to_booking')}</a></p>}
					</>
				)}
			</Loaded>
		</Page>
	);
}
