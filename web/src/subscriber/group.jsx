// SPDX-License-Identifier: GPL-2.0-or-later
/* subscriber/group.jsx - who is in a group. */
import { useState } from 'preact/hooks';
import { request, useAct, useLoad } from '../core/api.js';
import { contacts_load, useContacts } from '../core/contacts.js';
import { number } from '../core/format.js';
import { navigate } from '../core/router.jsx';
import { t } from '../core/text.js';
import { ActButton, Check, Form, Input, error_of } from '../ui/form.jsx';
import { Card, Empty, Loaded, Page, notify } from '../ui/page.jsx';

function GroupForm({ group, etag, contacts }) {
	const [name, set_name] = useState(group.name);
	const [chosen, set_chosen] = useState(new Set(group.contacts.map((c) => c.id)));
	const act = useAct((key, body) => request('PUT', `/me/groups/${group.id}`, { match: etag, body }));

	function choose(id, yes) {
		const next = new Set(chosen);
		next[yes ? 'add' : 'delete'](id);
		set_chosen(next);
	}
	return (
		<Form act={act} submit={t('form.save')} fields={['name']}
			extra={(
				<ActButton tone="outline-danger" question={{ title: t('group.remove_ask', { name: group.name }), body: t('group.remove_says'), yes: t('form.remove'), danger: true }}
					act={() => request('DELETE', `/me/groups/${group.id}`)} done={async () => {
						await contacts_load();
						navigate('/contacts');
					}}>{t('form.remove')}</ActButton>
			)}
			on_submit={async () => {
				if (!(await act.run({ name: name.trim(), contacts: [...chosen] })))
					return;
				await contacts_load();
				notify(t('group.saved'));
				navigate('/contacts');
			}}>
			<Input label={t('group.name')} required maxLength={60} value={name} on={set_name} error={error_of(act.problem, 'name', t('field.name'))} />
			<fieldset>
				<legend>{t('group.members')}</legend>
				{contacts.length === 0 && <Empty>{t('contact.none')}</Empty>}
				{contacts.map((c) => <Check key={c.id} label={`${c.name} · ${number(c.number)}`} checked={chosen.has(c.id)} on={(yes) => choose(c.id, yes)} />)}
			</fieldset>
		</Form>
	);
}

export function Group({ id }) {
	const group = useLoad(`/me/groups/${id}`), book = useContacts();

	return (
		<Page title={t('group.one')} back={['/contacts', t('nav.contacts')]}>
			<Card>
				<Loaded of={group}>
					{(g) => <Loaded of={book}>{({ contacts }) => <GroupForm group={g} etag={group.etag} contacts={contacts} />}</Loaded>}
				</Loaded>
			</Card>
		</Page>
	);
}
