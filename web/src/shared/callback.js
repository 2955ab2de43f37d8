// SPDX-License-Identifier: GPL-2.0-or-later
/* shared/callback.js - what an account's callback asks for before the menu (docs/multiparty.md). */
import { t } from '../core/text.js';

/* The password is asked for only where there is one. */
export const callback_checks = (password_set) => ['service', 'nothing', 'press-1', password_set && 'password'].filter(Boolean).map((c) => [c, t(`account.callback.${c}`)]);
