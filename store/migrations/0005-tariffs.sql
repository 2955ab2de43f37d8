-- SPDX-License-Identifier: GPL-2.0-or-later
-- Tariffs: the least that a leg needs to begin found by an index, in tariffs of tens of thousands of rates (billing/tariff.c says what
-- first_sum is); the clock of a rate's route by name, with its yearly rule (billing/rating_zone.h); versions found by their beginning; what
-- an account's calls cost less, in hundredths of a percent; service numbers, each a provider's, with a tariff of their own where
-- the host's does not count.

ALTER TABLE tariff_rate
	ADD COLUMN IF NOT EXISTS zone VARCHAR(40) NOT NULL DEFAULT '',
	ADD COLUMN IF NOT EXISTS zone_rule VARCHAR(48) NOT NULL DEFAULT '',
	ADD COLUMN IF NOT EXISTS banded TINYINT AS (bands <> '') PERSISTENT,
	ADD COLUMN IF NOT EXISTS first_sum BIGINT AS (setup_e4 * 60 + GREATEST((GREATEST(minimum_s, 1) + increment_s - 1) DIV increment_s
		* increment_s - free_s, 0) * price_e4) PERSISTENT,
	ADD KEY IF NOT EXISTS by_beginning (tariff_id, valid_from, version),
	ADD KEY IF NOT EXISTS by_first_sum (tariff_id, banded, first_sum);

ALTER TABLE account
	ADD COLUMN IF NOT EXISTS discount_bp INT NOT NULL DEFAULT 0;

ALTER TABLE account DROP CONSTRAINT IF EXISTS discount_is_a_part;

ALTER TABLE account ADD CONSTRAINT discount_is_a_part CHECK (discount_bp BETWEEN 0 AND 10000);

CREATE TABLE IF NOT EXISTS service_number (
	number VARCHAR(32) NOT NULL PRIMARY KEY,
	provider_id BIGINT NOT NULL DEFAULT 1,
	tariff_id BIGINT NULL,
	FOREIGN KEY (provider_id) REFERENCES provider (id),
	FOREIGN KEY (tariff_id) REFERENCES tariff (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
