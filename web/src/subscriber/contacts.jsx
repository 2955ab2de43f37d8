// SPDX-License-Identifier: GPL-2.0-or-later
/* subscriber/contacts.jsx - the address book, and the groups in it. */
import { useState } from 'preact/hooks';
import { request, useAct } from '../core/api.js';
import { contacts_load, useContacts } from '../core/contacts.js';
import { number, number_plain } from '../core/format.js';
import { navigate } from '../core/router.jsx';
import { t } from '../core/text.js';
import { ActButton, Button, Form, Input, error_of } from '../ui/form.jsx';
import { Card, Empty, Loaded, Page, notify } from '../ui/page.jsx';
import { Table } from '../ui/table.jsx';

/* A new one, or one that is changed: contact is null or what it was. */
function ContactForm({ contact, done }) {
	const [name, set_name] = useState(contact?.name || '');
	const [to, set_to] = useState(contact ? number_plain(contact.number) : '');
	const act = useAct(async (key, body) => {
		if (!contact)
			return request('POST', '/me/contacts', { body });
		const { etag } = await request('GET', `/me/contacts/${contact.id}`);
		return request('PUT', `/me/contacts/${contact.id}`, { match: etag, body });
	});

	return (
		<Card title={t(contact ? 'contact.change' : 'contact.new')}>
			<Form act={act} submit={t('form.save')} fields={['name', 'number']}
				extra={contact && <Button tone="outline-secondary" onClick={done}>{t('form.no')}</Button>}
				on_submit={async () => {
					if (!(await act.run({ name: name.trim(), number: to.replace(/[\s-]/g, '') })))
						return;
					set_name('');
					set_to('');
					await contacts_load();
					notify(t('contact.saved'));
					done();
				}}>
				<Input label={t('contact.name')} autocomplete="off" required maxLength={60} value={name} on={set_name} error={error_of(act.problem, 'name', t('field.name'))} />
				<Input label={t('contact.number')} type="tel" autocomplete="off" required value={to} on={set_to} error={error_of(act.problem, 'number', t('field.number'))} />
			</Form>
		</Card>
	);
}

function Groups({ groups }) {
	const [name, set_name] = useState('');
	const act = useAct(async (key, body) => (await request('POST', '/me/groups', { body })).data);

	return (
		<Card title={t('group.title')}>
			{groups.length === 0 && <Empty>{t('group.none')}</Empty>}
			<ul class="rows">
				{groups.map((g) => (
					<li key={g.id}>
						<a class="row-link" href={`/groups/${g.id}`}>
							<span class="row-main"><strong>{g.name}</strong><span class="row-more">{g.contacts.map((c) => c.name).join(t('list.comma')) || t('group.empty')}</span></span>
						</a>
					</li>
				))}
			</ul>
			<Form act={act} submit={t('group.add')} fields={['name']} tone="outline-primary" class="in-line" on_submit={async () => {
				const made = await act.run({ name: name.trim(), contacts: [] });
				if (!made)
					return;
				await contacts_load();
				navigate(`/groups/${made.id}`);
			}}>
				<Input label={t('group.new')} required maxLength={60} value={name} on={set_name} error={error_of(act.problem, 'name', t('field.name'))} />
			</Form>
		</Card>
	);
}

export function Contacts() {
	const book = useContacts();
	const [changing, set_changing] = useState(null);

	return (
		<Page title={t('nav.contacts')}>
			<Loaded of={book}>
				{({ contacts, groups }) => (
					<div class="columns wide-first">
						<Card title={t('contact.title')}>
							<Table label={t('contact.title')} rows={contacts} row_key={(c) => c.id} empty={t('contact.none')} columns={[
								{ key: 'name', label: t('contact.name'), head: true, cell: (c) => c.name },
								{ key: 'number', label: t('contact.number'), cell: (c) => number(c.number) },
								{ key: 'acts', label: t('table.acts'), end: true, cell: (c) => (
									<span class="acts">
										<Button small tone="outline-secondary" aria-label={t('contact.change_who', { name: c.name })} onClick={() => set_changing(c)}>{t('form.change')}</Button>
										<ActButton small tone="outline-danger" aria-label={t('contact.remove_who', { name: c.name })}
											question={{ title: t('contact.remove_ask', { name: c.name }), body: t('contact.remove_says'), yes: t('form.remove'), danger: true }}
											act={() => request('DELETE', `/me/contacts/${c.id}`)} done={contacts_load}>{t('form.remove')}</ActButton>
									</span>
								) },
							]} />
						</Card>
						<div>
							<ContactForm key={changing?.id || 'new'} contact={changing} done={() => set_changing(null)} />
							<Groups groups={groups} />
						</div>
					</div>
				)}
			</Loaded>
		</Page>
	);
}
