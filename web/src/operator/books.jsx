// SPDX-License-Identifier: GPL-2.0-or-later
/* operator/books.jsx - the books, recomputed and compared when somebody asks. */
import { request } from '../core/api.js';
import { useState } from 'preact/hooks';
import { count, money, time_seconds } from '../core/format.js';
import { t } from '../core/text.js';
import { ActButton } from '../ui/form.jsx';
import { Alert, Card, Facts, Page } from '../ui/page.jsx';
import { Table } from '../ui/table.jsx';

function Findings({ title, rows }) {
	return (
		<Card title={title}>
			<Table label={title} rows={rows} empty={t('books.no_findings')} columns={[
				{ key: 'check', label: t('books.check'), head: true, cell: (f) => f.check },
				{ key: 'object', label: t('books.object'), cell: (f) => f.object },
				{ key: 'expected', label: t('books.expected'), end: true, cell: (f) => money(f.expected) },
				{ key: 'found', label: t('books.found'), end: true, cell: (f) => money(f.found) },
				{ key: 'text', label: t('books.text'), cell: (f) => <span lang="en">{f.text}</span> },
			]} />
		</Card>
	);
}

export function Books() {
	const [books, set_books] = useState(null);

	return (
		<Page title={t('nav.books')}>
			<Card>
				<p>{t('books.says')}</p>
				<ActButton tone="primary" act={() => request('POST', '/books/checks')} done={({ data }) => set_books(data)}>{t('books.run')}</ActButton>
			</Card>
			{books && (
				<div role="status">
					<Alert tone={books.discrepancies.length ? 'danger' : 'success'}>{books.discrepancies.length ? t('books.bad', { n: count(books.discrepancies.length) }) : t('books.good')}</Alert>
					<Card>
						<Facts of={[
							[t('books.at'), time_seconds(books.checked_at)],
							[t('books.accounts'), count(books.accounts)],
							[t('books.movements'), count(books.movements)],
							[t('books.legs'), count(books.legs)],
						]} />
					</Card>
					{books.discrepancies.length > 0 && <Findings title={t('books.discrepancies')} rows={books.discrepancies} />}
					{books.explained.length > 0 && <Findings title={t('books.explained')} rows={books.explained} />}
				</div>
			)}
		</Page>
	);
}
