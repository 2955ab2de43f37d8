-- SPDX-License-Identifier: GPL-2.0-or-later
-- The back office lists calls of an account and records of a provider, the latest first (office/calls.c, office/records.c): in years of records they are found by
-- an index.

ALTER TABLE call_record
	ADD KEY IF NOT EXISTS by_account (account_id, began_at, call_id),
	ADD KEY IF NOT EXISTS by_provider (provider_id, began_at, call_id);

ALTER TABLE leg_record
	ADD KEY IF NOT EXISTS by_provider (provider_id, began_at, leg_id);
