// SPDX-License-Identifier: GPL-2.0-or-later
/* operator/pages.jsx - the pages operators have: what the role may not, it is not offered. The office decides; this only spares people refusals. */
import { t } from '../core/text.js';
import { AccountPage } from './account.jsx';
import { Accounts } from './accounts.jsx';
import { Audit } from './audit.jsx';
import { Books } from './books.jsx';
import { Batch, Cards } from './cards.jsx';
import { Lives, LiveOne } from './live.jsx';
import { Numbering } from './numbering.jsx';
import { Overview } from './overview.jsx';
import { OneBooking, OneCall } from './past.jsx';
import { Records } from './records.jsx';
import { SpanPage } from './span.jsx';
import { TariffPage } from './tariff.jsx';
import { Tariffs } from './tariffs.jsx';

const begins = (...starts) => (path) => starts.some((s) => path === s || path.startsWith(`${s}/`));

export function operator_links(me) {
	const sees_all = ['operator', 'auditor'].includes(me.role);

	return [
		me.house && { to: '/operator', text: t('nav.overview'), icon: 'trunk', is: (p) => p === '/operator' || p.startsWith('/operator/spans') },
		{ to: '/operator/live', text: t('nav.lives'), icon: 'live', is: begins('/operator/live') },
		{ to: '/operator/accounts', text: t('nav.accounts'), icon: 'user', is: begins('/operator/accounts', '/operator/calls', '/operator/bookings') },
		{ to: '/operator/cards', text: t('nav.cards'), icon: 'card', is: begins('/operator/cards') },
		{ to: '/operator/tariffs', text: t('nav.tariffs'), icon: 'tariff', is: begins('/operator/tariffs') },
		{ to: '/operator/numbering', text: t('nav.numbering'), icon: 'map', is: begins('/operator/numbering') },
		sees_all && { to: '/operator/records', text: t('nav.records'), icon: 'list', is: begins('/operator/records') },
		sees_all && { to: '/operator/audit', text: t('nav.audit'), icon: 'clock', is: begins('/operator/audit') },
		sees_all && me.house && { to: '/operator/books', text: t('nav.books'), icon: 'check', is: begins('/operator/books') },
	].filter(Boolean);
}

export const operator_pages = [
	['/operator', Overview],
	['/operator/spans/:node/:span', SpanPage],
	['/operator/live', Lives],
	['/operator/live/:id', LiveOne],
	['/operator/accounts', Accounts],
	['/operator/accounts/:number', AccountPage],
	['/operator/calls/:id', OneCall],
	['/operator/bookings/:id', OneBooking],
	['/operator/cards', Cards],
	['/operator/cards/:name', Batch],
	['/operator/tariffs', Tariffs],
	['/operator/tariffs/:name', TariffPage],
	['/operator/numbering', Numbering],
	['/operator/records', Records],
	['/operator/audit', Audit],
	['/operator/books', Books],
];
