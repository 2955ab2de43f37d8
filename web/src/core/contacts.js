// SPDX-License-Identifier: GPL-2.0-or-later
/* core/contacts.js - the address book and the groups: fetched once, looked at by many pages, fetched again after a change. */
import { useEffect } from 'preact/hooks';
import { get_all, session } from './api.js';
import { makeStore } from './store.js';

const empty = { of: null, contacts: [], groups: [], ready: false, problem: null };
const store = makeStore(empty);
let by_number = new Map();

export async function contacts_load() {
	const of = session.get()?.number;

	if (session.get()?.kind !== 'subscriber')
		return;
	try {
		const [contacts, groups] = await Promise.all([get_all('/me/contacts'), get_all('/me/groups')]);
		by_number = new Map(contacts.map((c) => [c.number, c.name]));
		store.set({ of, contacts, groups, ready: true, problem: null });
	} catch (problem) {
		store.set({ ...store.get(), of, problem });
	}
}

session.subscribe(() => {
	if (session.get()?.number !== store.get().of) {
		by_number = new Map();
		store.set(empty);
	}
});

export function useContacts() {
	const now = store.use();

	useEffect(() => {
		if (!now.ready)
			contacts_load();
	}, []);
	return { ...now, loading: !now.ready && !now.problem, data: now.ready ? now : null, reload: contacts_load, name_of: (number) => by_number.get(number) };
}
