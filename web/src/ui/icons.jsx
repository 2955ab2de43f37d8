// SPDX-License-Identifier: GPL-2.0-or-later
/* ui/icons.jsx - line drawings on 24 by 24. Decoration: what they stand for is always said in words as well. */
const lines = {
	home: 'M4 11.5 12 5l8 6.5M6 10v9h12v-9M10 19v-5h4v5',
	calendar: 'M5 6h14v14H5zM5 10h14M9 3v5M15 3v5',
	live: 'M12 12m-2 0a2 2 0 1 0 4 0a2 2 0 1 0-4 0M8 8a5.6 5.6 0 0 0 0 8M16 8a5.6 5.6 0 0 1 0 8M5 5a10 10 0 0 0 0 14M19 5a10 10 0 0 1 0 14',
	clock: 'M12 12m-8 0a8 8 0 1 0 16 0a8 8 0 1 0-16 0M12 7.5V12l3 2',
	book: 'M6 4h12v16H6zM6 8H4M6 12H4M6 16H4M12 11m-2 0a2 2 0 1 0 4 0a2 2 0 1 0-4 0M8.5 16c.6-1.8 6.4-1.8 7 0',
	wallet: 'M4 7h14a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2zM4 7l11-3v3M16 13h.01',
	user: 'M12 8m-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0M5 20c.8-5.4 13.2-5.4 14 0',
	menu: 'M4 7h16M4 12h16M4 17h16',
	card: 'M3 6h18v12H3zM3 10h18M6 15h4',
	trunk: 'M4 6h16v5H4zM4 13h16v5H4zM7 8.5h.01M7 15.5h.01M11 8.5h6M11 15.5h6',
	tariff: 'M12 4v16M16.5 7.5C15.5 5.5 8 5.5 8 9s8.500 2.500 8.500 6-8 4-9 1',
	list: 'M8 6h12M8 12h12M8 18h12M4 6h.01M4 12h.01M4 18h.01',
	check: 'M5 12.500l4.500 4.500L19 7.500',
	map: 'M4 7l5-2 6 2 5-2v12l-5 2-6-2-5 2zM9 5v12M15 7v12',
	mic: 'M12 4a2.500 2.500 0 0 1 2.500 2.500v5a2.500 2.500 0 0 1-5 0v-5A2.500 2.500 0 0 1 12 4zM6.500 11.500a5.500 5.500 0 0 0 11 0M12 17v3',
	mic_off: 'M9.500 9.500v2a2.500 2.500 0 0 0 4 2M14.500 11V6.500a2.500 2.500 0 0 0-4.900-.6M6.500 11.500a5.500 5.500 0 0 0 8.300 4.700M17.300 12.600l.2-1.100M12 17v3M4 4l16 16',
	hangup: 'M4 15c4.500-5 11.500-5 16 0l-2 2.500-3.500-1.500v-2.500a9 9 0 0 0-5 0V16L6 17.500z',
	lock: 'M6 11h12v9H6zM8.500 11V8a3.500 3.500 0 0 1 7 0v3',
	unlock: 'M6 11h12v9H6zM8.500 11V8a3.500 3.500 0 0 1 6.700-1.500',
	plus: 'M12 5v14M5 12h14',
	out: 'M10 5H5v14h5M9 12h11M16 8l4 4-4 4',
	globe: 'M12 12m-8 0a8 8 0 1 0 16 0a8 8 0 1 0-16 0M4 12h16M12 4c5 5 5 11 0 16M12 4c-5 5-5 11 0 16',
	alarm: 'M12 4 3 19h18zM12 10v4M12 16.500h.01',
};

export function Icon({ name, size = 20 }) {
	return (
		<svg class="icon" width={size} height={size} viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75"
			stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">
			<path d={lines[name]} />
		</svg>
	);
}
