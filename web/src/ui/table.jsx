// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ui/table.jsx - tables that become a list of cards on a phone: each cell then says its column's name. Roles are written out, because
 * cells that are no longer laid out as a table are no longer one to screen readers.
 *
 * columns: {key, label, cell(row), end (right-aligned), head (the row's name)}.
 */
import { t } from '../core/text.js';
import { Button } from './form.jsx';
import { Empty, Loading, ProblemAlert } from './page.jsx';

export function Table({ label, columns, rows, row_key, empty, row_class }) {
	const shown = columns.filter(Boolean);

	if (rows.length === 0)
		return <Empty>{empty || t('table.empty')}</Empty>;
	return (
		<table class="table stack" role="table" aria-label={label}>
			<thead role="rowgroup">
				<tr role="row">{shown.map((c) => <th key={c.key} role="columnheader" scope="col" class={c.end ? 'end' : ''}>{c.label}</th>)}</tr>
			</thead>
			<tbody role="rowgroup">
				{rows.map((row, i) => (
					<tr key={row_key ? row_key(row) : i} role="row" class={row_class?.(row)}>
						{shown.map((c) => {
							const Cell = c.head ? 'th' : 'td';
							return (
								<Cell key={c.key} role={c.head ? 'rowheader' : 'cell'} scope={c.head ? 'row' : undefined}
									class={`${c.end ? 'end' : ''} ${c.head ? 'head' : ''}`} data-label={c.label}>
									<span>{c.cell(row)}</span>
								</Cell>
							);
						})}
					</tr>
				))}
			</tbody>
		</table>
	);
}

/* A list that comes in pages (usePages). */
export function PagedTable({ pages, ...rest }) {
	if (pages.problem && pages.items.length === 0)
		return <ProblemAlert of={pages.problem} />;
	if (pages.loading && pages.items.length === 0)
		return <Loading />;
	return (
		<>
			<Table {...rest} rows={pages.items} />
			{pages.more && <p class="more"><Button busy={pages.loading} onClick={pages.more}>{t('table.more')}</Button></p>}
			<ProblemAlert of={pages.problem} />
		</>
	);
}
