-- SPDX-License-Identifier: GPL-2.0-or-later
-- Booked conferences (booking/booking.h, booking/run.h): what was booked, each time it began, whom it called, each attempt.
-- wall_at and until_wall are by the clock on the wall of zone; next_at is the UTC moment reckoned from them.

CREATE TABLE IF NOT EXISTS booking (
	id CHAR(32) NOT NULL PRIMARY KEY,
	provider_id BIGINT NOT NULL,
	account_id BIGINT NOT NULL,
	host VARCHAR(32) NOT NULL,
	service VARCHAR(32) NOT NULL DEFAULT '',
	language VARCHAR(7) NOT NULL DEFAULT '',
	zone VARCHAR(64) NOT NULL,
	wall_at DATETIME NOT NULL,
	repeats ENUM('once','daily','weekly') NOT NULL DEFAULT 'once',
	weekdays INT NOT NULL DEFAULT 0,
	until_wall DATETIME NULL,
	length_s INT NOT NULL DEFAULT 0,
	redials INT NOT NULL,
	interval_s INT NOT NULL,
	music INT NOT NULL DEFAULT 0,
	parties INT NOT NULL,
	state ENUM('active','begun','done','cancelled') NOT NULL DEFAULT 'active',
	version INT NOT NULL DEFAULT 1,
	next_at DATETIME(3) NULL,
	created_at DATETIME(3) NOT NULL,
	changed_at DATETIME(3) NOT NULL,
	KEY due (state, next_at),
	KEY by_host (host, next_at),
	KEY by_account (account_id),
	FOREIGN KEY (account_id) REFERENCES account (id),
	CHECK (redials >= 0 AND interval_s > 0 AND length_s >= 0 AND parties > 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE IF NOT EXISTS booking_party (
	booking_id CHAR(32) NOT NULL,
	party_order INT NOT NULL,
	number VARCHAR(32) NOT NULL,
	name VARCHAR(64) NOT NULL DEFAULT '',
	PRIMARY KEY (booking_id, party_order)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- A booking that has begun: one row for each start. While it calls or is live a node has it on lease.
CREATE TABLE IF NOT EXISTS booking_run (
	id CHAR(32) NOT NULL PRIMARY KEY,
	booking_id CHAR(32) NOT NULL,
	planned_at DATETIME(3) NOT NULL,
	channels INT NOT NULL,
	state ENUM('waiting','calling','live','done') NOT NULL,
	due_at DATETIME(3) NOT NULL,
	made INT NOT NULL DEFAULT 0,
	congested INT NOT NULL DEFAULT 0,
	outcome VARCHAR(16) NOT NULL DEFAULT '',
	cause INT NOT NULL DEFAULT 0,
	node VARCHAR(32) NOT NULL DEFAULT '',
	lease_owner CHAR(32) NULL,
	lease_until DATETIME(3) NULL,
	call_id CHAR(32) NULL,
	began_at DATETIME(3) NOT NULL,
	answered_at DATETIME(3) NULL,
	ended_at DATETIME(3) NULL,
	UNIQUE KEY one_start (booking_id, planned_at),
	KEY due (state, due_at),
	KEY lease (state, lease_until)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE IF NOT EXISTS booking_run_party (
	run_id CHAR(32) NOT NULL,
	party_order INT NOT NULL,
	number VARCHAR(32) NOT NULL,
	name VARCHAR(64) NOT NULL DEFAULT '',
	made INT NOT NULL DEFAULT 0,
	outcome VARCHAR(16) NOT NULL DEFAULT '',
	cause INT NOT NULL DEFAULT 0,
	answered_at DATETIME(3) NULL,
	PRIMARY KEY (run_id, party_order)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Written before its SETUP (rule 26). At most one of a number is without an outcome, over all nodes: nobody is called twice at once.
CREATE TABLE IF NOT EXISTS booking_attempt (
	id CHAR(32) NOT NULL PRIMARY KEY,
	run_id CHAR(32) NOT NULL,
	party_order INT NOT NULL,
	number VARCHAR(32) NOT NULL,
	node VARCHAR(32) NOT NULL,
	began_at DATETIME(3) NOT NULL,
	ended_at DATETIME(3) NULL,
	outcome VARCHAR(16) NOT NULL DEFAULT '',
	cause INT NOT NULL DEFAULT 0,
	counts TINYINT NOT NULL DEFAULT 1,
	leg_id CHAR(32) NULL,
	open_number VARCHAR(32) AS (IF(ended_at IS NULL, number, NULL)) PERSISTENT,
	UNIQUE KEY one_at_once (open_number),
	KEY by_run (run_id, party_order, began_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
