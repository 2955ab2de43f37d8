// SPDX-License-Identifier: GPL-2.0-or-later
/* ui/form.jsx - fields with their labels, help and what is wrong with them; forms; the question before what cannot be undone. */
import { useEffect, useId, useRef } from 'preact/hooks';
import { useAct } from '../core/api.js';
import { makeStore } from '../core/store.js';
import { t } from '../core/text.js';
import { ProblemAlert } from './page.jsx';

/* children: a function that makes the control, given what ties it to its label. */
export function Field({ label, help, error, hide_label, class: more, children }) {
	const id = useId();
	const said = [help && `${id}h`, error && `${id}e`].filter(Boolean).join(' ') || undefined;

	return (
		<div class={`field ${more || ''}`}>
			<label for={id} class={hide_label ? 'visually-hidden' : 'form-label'}>{label}</label>
			{children({ id, 'aria-describedby': said, 'aria-invalid': error ? 'true' : undefined })}
			{help && <div id={`${id}h`} class="form-text">{help}</div>}
			{error && <div id={`${id}e`} class="field-error">{error}</div>}
		</div>
	);
}

export function Input({ label, help, error, hide_label, class: more, on, ...rest }) {
	return (
		<Field label={label} help={help} error={error} hide_label={hide_label} class={more}>
			{(tie) => <input {...tie} {...rest} class={`form-control ${error ? 'is-invalid' : ''}`} onInput={(e) => on?.(e.currentTarget.value)} />}
		</Field>
	);
}

/* options: [value, text] */
export function Select({ label, help, error, hide_label, class: more, on, value, options, ...rest }) {
	return (
		<Field label={label} help={help} error={error} hide_label={hide_label} class={more}>
			{(tie) => (
				<select {...tie} {...rest} class="form-select" value={value} onChange={(e) => on(e.currentTarget.value)}>
					{options.map(([v, text]) => <option key={v} value={v} selected={String(v) === String(value)}>{text}</option>)}
				</select>
			)}
		</Field>
	);
}

export function Check({ label, checked, on, ...rest }) {
	const id = useId();

	return (
		<div class="form-check">
			<input {...rest} id={id} type="checkbox" class="form-check-input" checked={checked} onChange={(e) => on(e.currentTarget.checked)} />
			<label for={id} class="form-check-label">{label}</label>
		</div>
	);
}

export function Button({ tone = 'outline-primary', small, busy, children, ...rest }) {
	return (
		<button type="button" {...rest} class={`btn btn-${tone} ${small ? 'btn-sm' : ''} ${rest.class || ''}`} aria-busy={busy ? 'true' : undefined}
			disabled={rest.disabled || busy}>
			{children}
		</button>
	);
}

/* What the office says of a field. Its sentence is English; the page's own names what the field wants. */
export function error_of(problem, name, text) {
	return problem?.of(name) ? text || t('field.wrong') : undefined;
}

/* A form around one act (useAct). fields: those that show what is wrong with them themselves. */
export function Form({ act, submit, fields, on_submit, children, tone = 'primary', extra, class: more }) {
	const form = useRef();

	/* the first wrong field gets the focus, so that nobody looks for it */
	useEffect(() => {
		if (act.problem)
			form.current?.querySelector('[aria-invalid=true]')?.focus();
	}, [act.problem]);
	return (
		<form ref={form} class={more} noValidate={false} onSubmit={(e) => {
			e.preventDefault();
			on_submit();
		}}>
			{children}
			<ProblemAlert of={act.problem} fields={fields} />
			<div class="form-end">
				<Button type="submit" tone={tone} busy={act.busy}>{submit}</Button>
				{extra}
			</div>
		</form>
	);
}

/* ---- the question ---- */

const question = makeStore(null);

/* Resolves to true or false. */
export function ask({ title, body, yes, danger }) {
	return new Promise((resolve) => question.set({ title, body, yes, danger, resolve }));
}

export function Question() {
	const q = question.use();
	const dialog = useRef();
	const id = useId();

	useEffect(() => {
		if (q && !dialog.current.open)
			dialog.current.showModal();
	}, [q]);
	function answer(yes) {
		dialog.current.close();
		q.resolve(yes);
		question.set(null);
	}
	if (!q)
		return null;
	return (
		<dialog ref={dialog} class="question" aria-labelledby={id} onCancel={(e) => {
			e.preventDefault();
			answer(false);
		}}>
			<h2 id={id}>{q.title}</h2>
			{q.body && <p>{q.body}</p>}
			<div class="form-end">
				<Button tone={q.danger ? 'danger' : 'primary'} onClick={() => answer(true)}>{q.yes}</Button>
				<Button tone="outline-secondary" onClick={() => answer(false)}>{t('form.no')}</Button>
			</div>
		</dialog>
	);
}

/* A button that does one thing, asked about first when question is given. */
export function ActButton({ act: does, question: q, done, children, ...rest }) {
	const act = useAct(does);

	async function press() {
		if (q && !(await ask(q)))
			return;
		const result = await act.run();
		if (result !== undefined)
			done?.(result);
	}
	return (
		<>
			<Button {...rest} busy={act.busy} onClick={press}>{children}</Button>
			{act.problem && <ProblemAlert of={act.problem} />}
		</>
	);
}
