-- SPDX-License-Identifier: GPL-2.0-or-later
-- What a leg was charged, in its record (telephony rule 25): the rate as it was applied (set-up fee, price per minute, minimum s,
-- increment s, free s, minutes from UTC, bands), billable seconds, amount, and the ledger's row. NULL: not charged.
-- And whom a call was redirected from, in canonical form; limits of accounts.

ALTER TABLE leg_record
	ADD COLUMN IF NOT EXISTS redirecting VARCHAR(32) NOT NULL DEFAULT '',
	ADD COLUMN IF NOT EXISTS rate VARCHAR(500) NULL,
	ADD COLUMN IF NOT EXISTS charged_ms BIGINT NULL,
	ADD COLUMN IF NOT EXISTS billable_s BIGINT NULL,
	ADD COLUMN IF NOT EXISTS amount_e4 BIGINT NULL,
	ADD COLUMN IF NOT EXISTS transfer_id CHAR(32) NULL;

ALTER TABLE account DROP CONSTRAINT IF EXISTS limits_not_negative;

ALTER TABLE account ADD CONSTRAINT limits_not_negative CHECK (credit_e4 >= 0 AND trust_e4 >= 0);
