// SPDX-License-Identifier: GPL-2.0-or-later
/* subscriber/ledger.jsx - every movement of my money. */
import { usePages } from '../core/api.js';
import { t } from '../core/text.js';
import { MovementTable } from '../shared/call_table.jsx';
import { Card, Page } from '../ui/page.jsx';

export function Ledger() {
	return <Page title={t('nav.ledger')}><Card><MovementTable pages={usePages('/me/ledger')} base="/calls" /></Card></Page>;
}
