-- SPDX-License-Identifier: GPL-2.0-or-later
-- What a blocked batch of cards was, from which it goes on. And v_leg from the moment a leg ends: until its call is settled, what it will be charged,
-- which is held; then what was taken for it (the rest is in the operator's losses).

ALTER TABLE card_batch
	ADD COLUMN IF NOT EXISTS blocked_from ENUM('created','printed','delivered','activated') NULL;

CREATE OR REPLACE VIEW v_leg AS
	SELECT r.leg_id AS leg_id, r.call_id AS call_id, r.role AS role, r.trunk AS trunk, r.calling AS calling, r.called AS called,
		r.began_at AS began_at, r.answered_at AS answered_at, r.ended_at AS ended_at, r.cause AS cause,
		CAST(COALESCE((SELECT -l.amount_e4 FROM ledger l WHERE l.id = r.leg_id AND l.kind = 'charge'),
			IF(r.amount_e4 > 0, (SELECT r.amount_e4 FROM hold h WHERE h.id = r.call_id AND h.state <> 'settled'), 0), 0) AS SIGNED)
		AS charge_e4,
		r.codec AS codec, r.received_packets AS received_packets, r.lost_packets AS lost_packets, r.jitter_us AS jitter_us,
		r.round_trip_us AS round_trip_us, r.remote_lost_permille AS remote_lost_permille, r.mos_x100 AS mos_x100
	FROM leg_record r;
