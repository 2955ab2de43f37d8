-- SPDX-License-Identifier: GPL-2.0-or-later
-- A call's money is written in half the time (tests/bench/money_settle.c). One index finds the holds that are open: an account's, and of these those
-- whose time is over, as only live calls have one. The account's row is locked before its hold is written, so a foreign key checks nothing. A
-- charge's id is its leg's, so the ledger needs no index for that. closed_at of an open hold is expires_at, so that its row does not grow when it is
-- closed, which costs a kilobyte of log each.

ALTER TABLE hold
	DROP FOREIGN KEY IF EXISTS hold_ibfk_1,
	DROP KEY IF EXISTS by_expiry,
	DROP KEY IF EXISTS by_account_state,
	DROP KEY IF EXISTS account_id,
	ADD KEY IF NOT EXISTS live (state, account_id);

CREATE OR REPLACE VIEW v_leg AS
	SELECT r.leg_id AS leg_id, r.call_id AS call_id, r.role AS role, r.trunk AS trunk, r.calling AS calling, r.called AS called,
		r.began_at AS began_at, r.answered_at AS answered_at, r.ended_at AS ended_at, r.cause AS cause,
		CAST(COALESCE((SELECT -l.amount_e4 FROM ledger l WHERE l.id = r.leg_id AND l.kind = 'charge'), 0) AS SIGNED)
		AS charge_e4
	FROM leg_record r;

ALTER TABLE ledger DROP KEY IF EXISTS by_leg;
