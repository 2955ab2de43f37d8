// SPDX-License-Identifier: GPL-2.0-or-later
/* core/store.js - a value that pages look at: use() draws a component anew when it changes. */
import { useEffect, useState } from 'preact/hooks';

export function makeStore(value) {
	const listeners = new Set();

	return {
		get: () => value,
		set(next) {
			value = next;
			for (const listener of [...listeners])
				listener();
		},
		subscribe(listener) {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		use() {
			const [, draw] = useState(0);

			useEffect(() => {
				const seen = value;
				const listener = () => draw((n) => n + 1);

				listeners.add(listener);
				if (seen !== value)
					listener();
				return () => listeners.delete(listener);
			}, []);
			return value;
		},
	};
}
