// SPDX-License-Identifier: GPL-2.0-or-later
/* operator/numbering.jsx - which prefix is in which area, and what may not be called. */
import { useState } from 'preact/hooks';
import { request, session, usePages } from '../core/api.js';
import { t } from '../core/text.js';
import { CsvImport } from '../shared/csv.jsx';
import { Input } from '../ui/form.jsx';
import { Card, Page } from '../ui/page.jsx';
import { PagedTable } from '../ui/table.jsx';

function Import({ path, label, help, done }) {
	const me = session.get();

	if (me.role !== 'operator' || !me.house)
		return null;
	return (
		<details class="import">
			<summary>{t('csv.summary')}</summary>
			<CsvImport label={label} help={help} send={(csv, dry_run) => request('POST', path, { csv, query: { dry_run } })} done={done} />
		</details>
	);
}

export function Numbering() {
	const [prefix, set_prefix] = useState('');
	const areas = usePages('/areas', { prefix: prefix.replace(/\D/g, '') }), bars = usePages('/bars');

	return (
		<Page title={t('nav.numbering')}>
			<Card title={t('area.title')} actions={<a download href="/api/v1/areas/export">{t('tariff.export')}</a>}>
				<Input label={t('area.prefix')} inputMode="numeric" value={prefix} on={set_prefix} class="narrow" />
				<PagedTable pages={areas} label={t('area.title')} row_key={(a) => a.prefix} empty={t('area.none')} columns={[
					{ key: 'prefix', label: t('area.prefix_one'), head: true, cell: (a) => a.prefix },
					{ key: 'area', label: t('area.one'), cell: (a) => a.area },
					{ key: 'name', label: t('area.name'), cell: (a) => a.name || '–' },
				]} />
				<Import path="/areas" label={t('area.lines')} help={t('area.help')} done={areas.reload} />
			</Card>
			<Card title={t('bar.title')} actions={<a download href="/api/v1/bars/export">{t('tariff.export')}</a>}>
				<PagedTable pages={bars} label={t('bar.title')} row_key={(b) => b.kind + b.pattern} empty={t('bar.none')} columns={[
					{ key: 'pattern', label: t('bar.pattern'), head: true, cell: (b) => b.pattern },
					{ key: 'kind', label: t('bar.kind'), cell: (b) => t(`bar.kind.${b.kind}`) },
					{ key: 'reason', label: t('bar.reason'), cell: (b) => b.reason },
				]} />
				<Import path="/bars" label={t('bar.lines')} help={t('bar.help')} done={bars.reload} />
			</Card>
		</Page>
	);
}
