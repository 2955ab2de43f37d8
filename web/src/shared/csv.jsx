// SPDX-License-Identifier: GPL-2.0-or-later
/* shared/csv.jsx - a CSV file chosen or pasted: tried first, then imported; its mistakes are shown line by line. */
import { useState } from 'preact/hooks';
import { useAct } from '../core/api.js';
import { count } from '../core/format.js';
import { t } from '../core/text.js';
import { Button, Field, Form } from '../ui/form.jsx';
import { Alert, ProblemAlert } from '../ui/page.jsx';

export function CsvField({ label, help, value, on, rows = 6 }) {
	return (
		<>
			<Field label={t('csv.file')} help={help}>
				{(tie) => <input {...tie} type="file" class="form-control" accept=".csv,text/csv,text/plain" onChange={async (e) => {
					const file = e.currentTarget.files[0];
					if (file)
						on(await file.text());
				}} />}
			</Field>
			<Field label={label}>
				{(tie) => <textarea {...tie} class="form-control csv" rows={rows} spellcheck={false} required value={value} onInput={(e) => on(e.currentTarget.value)} />}
			</Field>
		</>
	);
}

/* send(csv, dry_run) gives {rows, dry_run}. A file is imported only as it was tried. */
export function CsvImport({ label, help, send, done, children }) {
	const [text, set_text] = useState('');
	const [tried, set_tried] = useState(null);
	const [rows, set_rows] = useState(null);
	const dry = useAct(async (key, csv) => (await send(csv, true)).data);
	const real = useAct(async (key, csv) => (await send(csv, false)).data);

	function change(value) {
		set_text(value);
		set_tried(null);
		set_rows(null);
	}
	return (
		<Form act={dry} submit={t('csv.try')} tone="outline-primary" on_submit={async () => {
			set_rows(null);
			const result = await dry.run(text);
			set_tried(result ? { text, rows: result.rows } : null);
		}} extra={tried && (
			<Button tone="primary" busy={real.busy} onClick={async () => {
				const result = await real.run(tried.text);
				if (!result)
					return;
				change('');
				set_rows(result.rows);
				done?.();
			}}>{t('csv.import')}</Button>
		)}>
			{children}
			<CsvField label={label} help={help} value={text} on={change} />
			{tried && <Alert tone="info">{t('csv.tried', { n: count(tried.rows) })}</Alert>}
			{rows !== null && <Alert tone="success">{t('csv.imported', { n: count(rows) })}</Alert>}
			<ProblemAlert of={real.problem} />
		</Form>
	);
}
