-- SPDX-License-Identifier: GPL-2.0-or-later
-- The audit trail says where from, and its rows never change. A leg that the end of its node cut is marked: it is charged to its last checkpoint.

ALTER TABLE audit
	ADD COLUMN IF NOT EXISTS origin VARCHAR(64) NOT NULL DEFAULT '' AFTER who,
	ADD KEY IF NOT EXISTS by_time (at);

ALTER TABLE leg_record
	ADD COLUMN IF NOT EXISTS cut TINYINT NOT NULL DEFAULT 0;

CREATE TRIGGER IF NOT EXISTS audit_is_not_updated BEFORE UPDATE ON audit FOR EACH ROW
	SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'rows of the audit trail never change';

CREATE TRIGGER IF NOT EXISTS audit_is_not_deleted BEFORE DELETE ON audit FOR EACH ROW
	SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'rows of the audit trail never change';
