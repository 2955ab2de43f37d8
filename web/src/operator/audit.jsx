// SPDX-License-Identifier: GPL-2.0-or-later
/* operator/audit.jsx - who changed what. */
import { useState } from 'preact/hooks';
import { usePages } from '../core/api.js';
import { time_seconds } from '../core/format.js';
import { t } from '../core/text.js';
import { Button, Input } from '../ui/form.jsx';
import { Card, Page } from '../ui/page.jsx';
import { PagedTable } from '../ui/table.jsx';

export function Audit() {
	const [text, set_text] = useState('');
	const [subject, set_subject] = useState('');

	return (
		<Page title={t('nav.audit')}>
			<Card>
				<form role="search" class="in-line" onSubmit={(e) => {
					e.preventDefault();
					set_subject(text.trim());
				}}>
					<Input label={t('audit.subject')} help={t('audit.subject_help')} type="search" maxLength={64} value={text} on={set_text} />
					<Button type="submit" tone="primary">{t('form.search')}</Button>
				</form>
				<PagedTable pages={usePages('/audit-trail', { subject })} label={t('nav.audit')} row_key={(a) => a.id} empty={t('audit.none')} columns={[
					{ key: 'at', label: t('movement.at'), head: true, cell: (a) => time_seconds(a.at) },
					{ key: 'who', label: t('audit.who'), cell: (a) => a.who },
					{ key: 'origin', label: t('audit.origin'), cell: (a) => a.origin || '–' },
					{ key: 'what', label: t('audit.what'), cell: (a) => <code>{a.what}</code> },
					{ key: 'on', label: t('audit.on'), cell: (a) => <span class="long">{a.subject}</span> },
					{ key: 'before', label: t('audit.before'), cell: (a) => <span class="long">{a.before || '–'}</span> },
					{ key: 'after', label: t('audit.after'), cell: (a) => <span class="long">{a.after || '–'}</span> },
				]} />
			</Card>
		</Page>
	);
}
