// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * web/build.mjs - makes web/dist out of web/src: `node build.mjs` writes it, `node build.mjs --check` builds anew and compares.
 *
 * The same sources and the same lock file give the same octets, wherever and whenever. NAME.gz lies beside NAME for the server
 * (office/files.h); another zlib packs differently, so of these it is compared what they hold. dist/sources.txt has the digest of every
 * source, for a check that needs no Node (tests/lint/web.py).
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, 'dist');
const packed = /\.(html|js|css|svg|txt|webmanifest)$/;
const licensed = ['bootstrap', 'preact']; // what is in the built pages

function files(dir, below = '') {
	return readdirSync(join(dir, below)).sort().flatMap((name) => {
		const path = below ? `${below}/${name}` : name;
		return statSync(join(dir, path)).isDirectory() ? files(dir, path) : [path];
	});
}

async function bundle() {
	const result = await build({
		absWorkingDir: here,
		entryPoints: { portal: 'src/main.jsx', style: 'src/style.css' },
		outdir: 'dist',
		entryNames: 'assets/[name]-[hash]',
		chunkNames: 'assets/[name]-[hash]',
		bundle: true,
		splitting: true, // the operators' pages are fetched by operators
		format: 'esm',
		target: ['es2020'],
		minify: true,
		charset: 'utf8',
		legalComments: 'none', // dist/licences.txt
		jsx: 'automatic',
		jsxImportSource: 'preact',
		loader: { '.svg': 'dataurl' },
		write: false,
	});
	const out = new Map(result.outputFiles.map((f) => [f.path.slice(dist.length + 1), Buffer.from(f.contents)]));
	const named = (start, end) => '/' + [...out.keys()].find((k) => k.startsWith(`assets/${start}-`) && k.endsWith(end));
	const page = readFileSync(join(here, 'src/index.html'), 'utf8');

	out.set('index.html', Buffer.from(page.replace('@STYLE@', named('style', '.css')).replace('@PORTAL@', named('portal', '.js'))));
	for (const name of files(join(here, 'public')))
		out.set(name, readFileSync(join(here, 'public', name)));
	out.set('licences.txt', Buffer.from(licensed.map((name) => {
		const version = JSON.parse(readFileSync(join(here, 'node_modules', name, 'package.json'), 'utf8')).version;
		return `${name} ${version}\n\n${readFileSync(join(here, 'node_modules', name, 'LICENSE'), 'utf8')}`;
	}).join('\n\n')));
	out.set('sources.txt', Buffer.from([...files(here).filter((f) => /^(src|public)\/|^(package(-lock)?\.json|build\.mjs)$/.test(f))]
		.map((f) => `${createHash('sha256').update(readFileSync(join(here, f))).digest('hex')}  ${f}\n`).join('')));
	return out;
}

function write(out) {
	rmSync(dist, { recursive: true, force: true });
	for (const [name, data] of out) {
		mkdirSync(dirname(join(dist, name)), { recursive: true });
		writeFileSync(join(dist, name), data);
		if (packed.test(name) && name !== 'sources.txt')
			writeFileSync(join(dist, `${name}.gz`), gzipSync(data, { level: 9 }));
	}
}

function compare(out) {
	const wrong = [];
	const there = existsSync(dist) ? files(dist) : [];

	for (const name of there) {
		const data = readFileSync(join(dist, name));
		const want = out.get(name.replace(/\.gz$/, ''));
		if (!want || !(name.endsWith('.gz') ? gunzipSync(data) : data).equals(want))
			wrong.push(name);
	}
	for (const name of out.keys())
		if (!there.includes(name))
			wrong.push(name);
	return wrong;
}

const out = await bundle();
if (process.argv.includes('--check')) {
	const wrong = compare(out);
	for (const name of wrong)
		console.error(`web/dist/${name} is not what the sources give: npm run build`);
	process.exitCode = wrong.length ? 1 : 0;
} else {
	write(out);
	const total = [...out].filter(([name]) => packed.test(name)).map(([name, d]) => [name, d.length, gzipSync(d, { level: 9 }).length]);
	for (const [name, plain, gz] of total)
		console.log(`${name.padEnd(34)} ${String(plain).padStart(8)} ${String(gz).padStart(8)} packed`);
}
