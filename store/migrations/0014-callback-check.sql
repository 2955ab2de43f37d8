-- SPDX-License-Identifier: GPL-2.0-or-later
-- What an account's callback asks for before the menu (telephony rule 18): it may reach another telephone, or a voicemail. service: as the
-- service number has it. And v_leg by the charge's id, which is its leg's: the ledger has no index by leg any more (0012).

ALTER TABLE account
	ADD COLUMN IF NOT EXISTS callback_check ENUM('service','nothing','press-1','password') NOT NULL DEFAULT 'service';

CREATE OR REPLACE VIEW v_leg AS
	SELECT r.leg_id AS leg_id, r.call_id AS call_id, r.role AS role, r.trunk AS trunk, r.calling AS calling, r.called AS called,
		r.began_at AS began_at, r.answered_at AS answered_at, r.ended_at AS ended_at, r.cause AS cause,
		CAST(COALESCE((SELECT -l.amount_e4 FROM ledger l WHERE l.id = r.leg_id AND l.kind = 'charge'), 0) AS SIGNED)
		AS charge_e4,
		r.codec AS codec, r.received_packets AS received_packets, r.lost_packets AS lost_packets, r.jitter_us AS jitter_us,
		r.round_trip_us AS round_trip_us, r.remote_lost_permille AS remote_lost_permille, r.mos_x100 AS mos_x100
	FROM leg_record r;
