// SPDX-License-Identifier: GPL-2.0-or-later
/* shared/login.jsx - who is there: subscribers by number and password, operators by name, password and code. */
import { useState } from 'preact/hooks';
import { request, session, useAct } from '../core/api.js';
import { t } from '../core/text.js';
import { Form, Input, error_of } from '../ui/form.jsx';
import { Page } from '../ui/page.jsx';

async function login(body) {
	session.set((await request('POST', '/session', { body })).data);
}

export function Login() {
	const [number, set_number] = useState('');
	const [password, set_password] = useState('');
	const act = useAct((key, body) => login(body));

	return (
		<Page title={t('login.title')}>
			<Form act={act} submit={t('login.submit')} fields={['number', 'password']}
				on_submit={() => act.run({ kind: 'subscriber', number: number.replace(/[\s-]/g, ''), password })}>
				<Input label={t('login.number')} help={t('login.number_help')} error={error_of(act.problem, 'number', t('field.number'))}
					type="tel" autocomplete="username" required value={number} on={set_number} />
				<Input label={t('login.password')} help={t('login.password_help')} error={error_of(act.problem, 'password')}
					type="password" autocomplete="current-password" required maxLength={64} value={password} on={set_password} />
			</Form>
			<p class="aside"><a href="/operator">{t('login.to_operator')}</a></p>
		</Page>
	);
}

export function OperatorLogin() {
	const [name, set_name] = useState('');
	const [password, set_password] = useState('');
	const [code, set_code] = useState('');
	const act = useAct((key, body) => login(body));

	return (
		<Page title={t('login.operator_title')}>
			<Form act={act} submit={t('login.submit')} fields={['name', 'password', 'code']}
				on_submit={() => act.run({ kind: 'operator', name, password, code: code.replace(/\s/g, '') })}>
				<Input label={t('login.name')} error={error_of(act.problem, 'name')}
					autocomplete="username" autocapitalize="none" required maxLength={32} value={name} on={set_name} />
				<Input label={t('login.password')} error={error_of(act.problem, 'password')}
					type="password" autocomplete="current-password" required maxLength={128} value={password} on={set_password} />
				<Input label={t('login.code')} help={t('login.code_help')} error={error_of(act.problem, 'code', t('field.code'))}
					inputMode="numeric" autocomplete="one-time-code" required pattern="[0-9 ]{6,7}" maxLength={7} value={code} on={set_code} />
			</Form>
			<p class="aside"><a href="/">{t('login.to_subscriber')}</a></p>
		</Page>
	);
}
