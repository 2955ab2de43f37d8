// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * core/text.js - what pages say. Every text is in text/LANGUAGE.json under one key, the same in each (tests/lint/web.py); {name} in it is filled
 * in. A language is a row in the table below and a file.
 */
import en from '../text/en.json';
import zh from '../text/zh-CN.json';
import { makeStore } from './store.js';

export const languages = [
	{ tag: 'zh-CN', name: '中文', dir: 'ltr', texts: zh },
	{ tag: 'en', name: 'English', dir: 'ltr', texts: en },
];
const KEPT = 'partyline-language';

function kept() {
	try {
		return localStorage.getItem(KEPT);
	} catch {
		return null; /* storage is off: the choice lasts as long as the page */
	}
}

/* What the person chose; else the account's; else what the browser asks for; else the first. */
function pick(account) {
	const wanted = [kept(), account, ...navigator.languages];

	for (const tag of wanted) {
		const found = tag && languages.find((l) => l.tag === tag || l.tag.split('-')[0] === tag.split('-')[0]);
		if (found)
			return found;
	}
	return languages[0];
}

export const language = makeStore(pick());

function apply() {
	document.documentElement.lang = language.get().tag;
	document.documentElement.dir = language.get().dir;
}
apply();

export function language_of_account(tag) {
	language.set(pick(tag));
	apply();
}

export function language_choose(tag) {
	try {
		localStorage.setItem(KEPT, tag);
	} catch {
		/* as above */
	}
	language.set(languages.find((l) => l.tag === tag) || languages[0]);
	apply();
}

export function t(key, values) {
	const text = language.get().texts[key];

	if (text === undefined)
		return key;
	return values ? text.replace(/\{(\w+)\}/g, (all, name) => (name in values ? values[name] : all)) : text;
}

/* The text of one of many values, "state.in"; where a new server has one that these pages do not know, the value itself. */
export function t_of(group, value) {
	const key = `${group}.${value}`;

	return key in language.get().texts ? t(key) : String(value);
}
