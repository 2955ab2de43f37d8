// SPDX-License-Identifier: GPL-2.0-or-later
/* main.jsx - where the pages begin: who is there decides which pages there are. */
import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { get, session, session_load, status } from './core/api.js';
import { match, navigate, place, router_start } from './core/router.jsx';
import { language, language_of_account, t } from './core/text.js';
import { Login, OperatorLogin } from './shared/login.jsx';
import { subscriber_links, subscriber_pages } from './subscriber/pages.jsx';
import { Button } from './ui/form.jsx';
import { Alert, Loading, Page } from './ui/page.jsx';
import { Gate, Shell } from './ui/shell.jsx';

function Nowhere() {
	return <Page title={t('page.none')}><p><a href="/">{t('page.home')}</a></p></Page>;
}

/* pages: [pattern, component]. The key makes another address another page, with nothing left of the one before. */
function Pages({ pages, path }) {
	for (const [pattern, Component] of pages) {
		const params = match(pattern, path);
		if (params)
			return <Component key={path} {...params} />;
	}
	return <Nowhere key={path} />;
}

function Operators({ path }) {
	const [part, set_part] = useState(null);
	const me = session.use();

	useEffect(() => {
		import('./operator/pages.jsx').then(set_part);
	}, []);
	if (!part)
		return <Loading />;
	return <Shell links={part.operator_links(me)}><Pages pages={part.operator_pages} path={path} /></Shell>;
}

function App() {
	const me = session.use();
	const path = place.use().split('?')[0];

	language.use();
	status.use();
	useEffect(() => {
		if (me)
			language_of_account(me.language);
		/* an operator has no subscriber's pages and the other way round */
		if (me?.kind === 'operator' && !path.startsWith('/operator'))
			navigate('/operator', true);
		if (me?.kind === 'subscriber' && path.startsWith('/operator'))
			navigate('/', true);
	}, [me, path]);
	if (me === null)
		return <Gate>{path.startsWith('/operator') ? <OperatorLogin /> : <Login />}</Gate>;
	if (me.kind === 'operator')
		return <Operators path={path} />;
	return <Shell links={subscriber_links()}><Pages pages={subscriber_pages} path={path} /></Shell>;
}

function Unreached({ again }) {
	return (
		<Gate>
			<Page title={t('page.unreached')}>
				<Alert tone="danger">{t('problem.unreachable')}</Alert>
				<Button tone="primary" onClick={again}>{t('page.again')}</Button>
			</Page>
		</Gate>
	);
}

async function begin() {
	const root = document.getElementById('app');

	try {
		const [first] = await Promise.all([get('/status'), session_load()]);
		status.set(first.data);
		render(null, root);
		render(<App />, root);
	} catch {
		render(<Unreached again={begin} />, root);
	}
}

router_start();
begin();
