// SPDX-License-Identifier: GPL-2.0-or-later
/* operator/tariffs.jsx - the tariffs; a new one begins with its first version. */
import { useState } from 'preact/hooks';
import { session, useLoad, usePages } from '../core/api.js';
import { count, number } from '../core/format.js';
import { navigate } from '../core/router.jsx';
import { t } from '../core/text.js';
import { Button, Input } from '../ui/form.jsx';
import { Card, Loaded, Page } from '../ui/page.jsx';
import { PagedTable, Table } from '../ui/table.jsx';

function NewTariff() {
	const [name, set_name] = useState('');

	return (
		<Card title={t('tariff.new')}>
			<form class="in-line" onSubmit={(e) => {
				e.preventDefault();
				navigate(`/operator/tariffs/${encodeURIComponent(name.trim())}`);
			}}>
				<Input label={t('tariff.name')} help={t('tariff.new_help')} required maxLength={64} value={name} on={set_name} />
				<Button type="submit">{t('tariff.to_import')}</Button>
			</form>
		</Card>
	);
}

export function Tariffs() {
	const services = useLoad('/services');

	return (
		<Page title={t('nav.tariffs')}>
			<Card>
				<PagedTable pages={usePages('/tariffs')} label={t('nav.tariffs')} row_key={(x) => x.name} empty={t('tariff.none')} columns={[
					{ key: 'name', label: t('tariff.name'), head: true, cell: (x) => <a href={`/operator/tariffs/${encodeURIComponent(x.name)}`}>{x.name}</a> },
					{ key: 'origin', label: t('tariff.origin'), cell: (x) => t(`tariff.origin.${x.origin}`) },
					{ key: 'accounts', label: t('tariff.accounts'), end: true, cell: (x) => count(x.accounts) },
				]} />
			</Card>
			<Card title={t('service.title')}>
				<Loaded of={services}>
					{({ items }) => (
						<Table label={t('service.title')} rows={items} empty={t('service.none')} columns={[
							{ key: 'number', label: t('call.service'), head: true, cell: (s) => number(s.number) },
							{ key: 'provider', label: t('account.provider'), cell: (s) => s.provider },
							{ key: 'tariff', label: t('account.tariff'), cell: (s) => s.tariff || '–' },
						]} />
					)}
				</Loaded>
			</Card>
			{session.get().role === 'operator' && <NewTariff />}
		</Page>
	);
}
