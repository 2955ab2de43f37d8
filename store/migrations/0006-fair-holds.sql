-- SPDX-License-Identifier: GPL-2.0-or-later
-- What each live call needs by four moments (billing/hold.h), so that the calls of one account share it; a hold's amount is set, not
-- added to, so its steps are not needed any more. Rows of the ledger and of the operator's losses never change.

ALTER TABLE hold
	ADD COLUMN IF NOT EXISTS need1_e4 BIGINT NOT NULL DEFAULT 0,
	ADD COLUMN IF NOT EXISTS need2_e4 BIGINT NOT NULL DEFAULT 0,
	ADD COLUMN IF NOT EXISTS need3_e4 BIGINT NOT NULL DEFAULT 0,
	ADD COLUMN IF NOT EXISTS need4_e4 BIGINT NOT NULL DEFAULT 0,
	ADD KEY IF NOT EXISTS by_account_state (account_id, state);

DROP TABLE IF EXISTS hold_step;

CREATE TRIGGER IF NOT EXISTS ledger_is_not_updated BEFORE UPDATE ON ledger FOR EACH ROW
	SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'rows of the ledger never change: correct with a new one';

CREATE TRIGGER IF NOT EXISTS ledger_is_not_deleted BEFORE DELETE ON ledger FOR EACH ROW
	SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'rows of the ledger never change: correct with a new one';

CREATE TRIGGER IF NOT EXISTS loss_is_not_updated BEFORE UPDATE ON loss FOR EACH ROW
	SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'rows of the losses never change: correct with a new one';

CREATE TRIGGER IF NOT EXISTS loss_is_not_deleted BEFORE DELETE ON loss FOR EACH ROW
	SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'rows of the losses never change: correct with a new one';
