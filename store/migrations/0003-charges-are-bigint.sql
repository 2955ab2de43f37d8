-- SPDX-License-Identifier: GPL-2.0-or-later
-- Money in the views is BIGINT, as their readers were promised: a SUM of BIGINTs is a DECIMAL(42).

CREATE OR REPLACE VIEW v_leg AS
	SELECT r.leg_id AS leg_id, r.call_id AS call_id, r.role AS role, r.trunk AS trunk, r.calling AS calling, r.called AS called,
		r.began_at AS began_at, r.answered_at AS answered_at, r.ended_at AS ended_at, r.cause AS cause,
		CAST(COALESCE((SELECT -SUM(l.amount_e4) FROM ledger l WHERE l.leg_id = r.leg_id AND l.kind = 'charge'), 0) AS SIGNED)
		AS charge_e4
	FROM leg_record r;

CREATE OR REPLACE VIEW v_call AS
	SELECT c.call_id AS call_id, c.host AS host, c.service AS service, c.began_at AS began_at, c.ended_at AS ended_at,
		CAST(COALESCE((SELECT -SUM(l.amount_e4) FROM ledger l WHERE l.call_id = c.call_id AND l.kind = 'charge'), 0) AS SIGNED)
		AS charge_e4,
		c.cause AS cause
	FROM call_record c;
