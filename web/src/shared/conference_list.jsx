// SPDX-License-Identifier: GPL-2.0-or-later
/* shared/conference_list.jsx - the conferences that live, each with a link to its page. */
import { clock, number } from '../core/format.js';
import { t } from '../core/text.js';
import { Badge } from '../ui/page.jsx';

export function ConferenceList({ conferences, base }) {
	return (
		<ul class="rows">
			{conferences.sort((a, b) => (a.began_at < b.began_at ? 1 : -1)).map((c) => (
				<li key={c.id}>
					<a class="row-link" href={`${base}/${c.id}`}>
						<span class="row-main">
							<strong>{t('live.of', { host: number(c.host) })}</strong>
							<span class="row-more">{t('live.since', { time: clock(c.began_at) })}</span>
						</span>
						<Badge tone={c.reachable ? 'good' : 'bad'}>{c.reachable ? t('live.in_n', { n: c.parties_in }) : t('live.unreached')}</Badge>
					</a>
				</li>
			))}
		</ul>
	);
}
