-- SPDX-License-Identifier: GPL-2.0-or-later
-- How a leg sounded, where its sound went in packets (SIP); NULL: it did not, or it is not known. mos_x100: the E-model's estimate (G.107).

ALTER TABLE leg_record
	ADD COLUMN IF NOT EXISTS codec VARCHAR(12) NULL,
	ADD COLUMN IF NOT EXISTS received_packets BIGINT NULL,
	ADD COLUMN IF NOT EXISTS lost_packets BIGINT NULL,
	ADD COLUMN IF NOT EXISTS jitter_us INT NULL,
	ADD COLUMN IF NOT EXISTS round_trip_us INT NULL,
	ADD COLUMN IF NOT EXISTS remote_lost_permille INT NULL,
	ADD COLUMN IF NOT EXISTS mos_x100 INT NULL;

CREATE OR REPLACE VIEW v_leg AS
	SELECT r.leg_id AS leg_id, r.call_id AS call_id, r.role AS role, r.trunk AS trunk, r.calling AS calling, r.called AS called,
		r.began_at AS began_at, r.answered_at AS answered_at, r.ended_at AS ended_at, r.cause AS cause,
		CAST(COALESCE((SELECT -SUM(l.amount_e4) FROM ledger l WHERE l.leg_id = r.leg_id AND l.kind = 'charge'), 0) AS SIGNED)
		AS charge_e4,
		r.codec AS codec, r.received_packets AS received_packets, r.lost_packets AS lost_packets, r.jitter_us AS jitter_us,
		r.round_trip_us AS round_trip_us, r.remote_lost_permille AS remote_lost_permille, r.mos_x100 AS mos_x100
	FROM leg_record r;
