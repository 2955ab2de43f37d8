-- SPDX-License-Identifier: GPL-2.0-or-later
-- Accounts, numbers, areas, tariffs, holds, the ledger, records, and the views that others read.
-- Money is BIGINT in 1/10000 of the currency unit (_e4). Times are UTC DATETIME(3), given by the program.
-- Every statement may be run again: MariaDB commits after each, and a crash may come between any two.

CREATE TABLE IF NOT EXISTS provider (
	id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
	name VARCHAR(64) NOT NULL UNIQUE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

INSERT IGNORE INTO provider (id, name) VALUES (1, 'default');

CREATE TABLE IF NOT EXISTS tariff (
	id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
	provider_id BIGINT NOT NULL,
	name VARCHAR(64) NOT NULL UNIQUE,
	origin ENUM('host','service') NOT NULL DEFAULT 'host',
	FOREIGN KEY (provider_id) REFERENCES provider (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- A tariff's rates by validity. class says which calls: local and domestic by area, or a prefix of the canonical number (longest wins over class).
CREATE TABLE IF NOT EXISTS tariff_rate (
	id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
	tariff_id BIGINT NOT NULL,
	version INT NOT NULL DEFAULT 1,
	valid_from DATETIME(3) NOT NULL,
	valid_to DATETIME(3) NULL,
	class ENUM('local','domestic','prefix') NOT NULL,
	prefix VARCHAR(32) NOT NULL DEFAULT '',
	price_e4 BIGINT NOT NULL,
	setup_e4 BIGINT NOT NULL DEFAULT 0,
	minimum_s INT NOT NULL DEFAULT 0,
	increment_s INT NOT NULL DEFAULT 60,
	free_s INT NOT NULL DEFAULT 0,
	bands VARCHAR(400) NOT NULL DEFAULT '',
	utc_offset_min INT NOT NULL DEFAULT 480,
	UNIQUE KEY one_rate (tariff_id, class, prefix, valid_from),
	FOREIGN KEY (tariff_id) REFERENCES tariff (id),
	CHECK (price_e4 >= 0 AND setup_e4 >= 0 AND minimum_s >= 0 AND increment_s > 0 AND free_s >= 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE IF NOT EXISTS account (
	id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
	provider_id BIGINT NOT NULL DEFAULT 1,
	kind ENUM('prepaid','operator') NOT NULL DEFAULT 'prepaid',
	state ENUM('active','suspended','closed') NOT NULL DEFAULT 'active',
	language VARCHAR(7) NOT NULL DEFAULT 'zh-CN',
	tariff_id BIGINT NOT NULL,
	balance_e4 BIGINT NOT NULL DEFAULT 0,
	held_e4 BIGINT NOT NULL DEFAULT 0,
	credit_e4 BIGINT NOT NULL DEFAULT 0,
	trust_e4 BIGINT NOT NULL DEFAULT 0,
	created_at DATETIME(3) NOT NULL,
	FOREIGN KEY (provider_id) REFERENCES provider (id),
	FOREIGN KEY (tariff_id) REFERENCES tariff (id),
	CONSTRAINT balance_never_below CHECK (balance_e4 + credit_e4 >= 0),
	CONSTRAINT held_never_below CHECK (held_e4 >= 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- A number belongs to at most one account at a time: live is 1 while valid_to is open, NULL afterwards, and unique with the number.
CREATE TABLE IF NOT EXISTS account_number (
	id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
	number VARCHAR(32) NOT NULL,
	account_id BIGINT NOT NULL,
	valid_from DATETIME(3) NOT NULL,
	valid_to DATETIME(3) NULL,
	live TINYINT AS (IF(valid_to IS NULL, 1, NULL)) PERSISTENT,
	UNIQUE KEY one_live (number, live),
	KEY by_account (account_id),
	FOREIGN KEY (account_id) REFERENCES account (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Longest prefix of the canonical number -> area. Hundreds of thousands of mobile ranges are expected.
CREATE TABLE IF NOT EXISTS number_area (
	prefix VARCHAR(32) NOT NULL PRIMARY KEY,
	area VARCHAR(16) NOT NULL,
	name VARCHAR(64) NOT NULL DEFAULT ''
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- What may not be called: exact numbers and prefixes of the canonical number.
CREATE TABLE IF NOT EXISTS number_bar (
	pattern VARCHAR(32) NOT NULL,
	kind ENUM('exact','prefix') NOT NULL,
	reason VARCHAR(64) NOT NULL,
	PRIMARY KEY (kind, pattern)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE IF NOT EXISTS hold (
	id CHAR(32) NOT NULL PRIMARY KEY,
	account_id BIGINT NOT NULL,
	node VARCHAR(32) NOT NULL,
	amount_e4 BIGINT NOT NULL,
	opened_at DATETIME(3) NOT NULL,
	expires_at DATETIME(3) NOT NULL,
	state ENUM('open','settled','expired') NOT NULL DEFAULT 'open',
	closed_at DATETIME(3) NULL,
	KEY by_expiry (state, expires_at),
	FOREIGN KEY (account_id) REFERENCES account (id),
	CHECK (amount_e4 >= 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Extensions of a hold: a repeated one finds its own row.
CREATE TABLE IF NOT EXISTS hold_step (
	hold_id CHAR(32) NOT NULL,
	step INT NOT NULL,
	amount_e4 BIGINT NOT NULL,
	PRIMARY KEY (hold_id, step)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Rows never change. amount_e4 is signed as the account sees it; a balance is the sum of its rows.
CREATE TABLE IF NOT EXISTS ledger (
	id CHAR(32) NOT NULL PRIMARY KEY,
	account_id BIGINT NOT NULL,
	number VARCHAR(32) NOT NULL,
	kind VARCHAR(16) NOT NULL,
	amount_e4 BIGINT NOT NULL,
	call_id CHAR(32) NULL,
	leg_id CHAR(32) NULL,
	note VARCHAR(200) NOT NULL DEFAULT '',
	at DATETIME(3) NOT NULL,
	KEY by_account (account_id, at),
	KEY by_call (call_id),
	KEY by_leg (leg_id),
	FOREIGN KEY (account_id) REFERENCES account (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- The operator's own books: what a settlement could not take from the subscriber (rule 23).
CREATE TABLE IF NOT EXISTS loss (
	id CHAR(32) NOT NULL PRIMARY KEY,
	account_id BIGINT NOT NULL,
	amount_e4 BIGINT NOT NULL,
	call_id CHAR(32) NULL,
	leg_id CHAR(32) NULL,
	at DATETIME(3) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE IF NOT EXISTS call_record (
	call_id CHAR(32) NOT NULL PRIMARY KEY,
	booking_id CHAR(32) NULL,
	account_id BIGINT NULL,
	provider_id BIGINT NULL,
	host VARCHAR(32) NOT NULL,
	service VARCHAR(32) NOT NULL,
	node VARCHAR(32) NOT NULL,
	began_at DATETIME(3) NOT NULL,
	ended_at DATETIME(3) NOT NULL,
	cause INT NOT NULL,
	KEY by_host (host, began_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE IF NOT EXISTS leg_record (
	leg_id CHAR(32) NOT NULL PRIMARY KEY,
	call_id CHAR(32) NOT NULL,
	account_id BIGINT NULL,
	provider_id BIGINT NULL,
	node VARCHAR(32) NOT NULL,
	role VARCHAR(12) NOT NULL,
	party_order INT NOT NULL DEFAULT 0,
	direction ENUM('in','out') NOT NULL,
	trunk VARCHAR(32) NOT NULL,
	channel VARCHAR(64) NOT NULL,
	timeslot INT NOT NULL DEFAULT 0,
	call_reference INT NOT NULL DEFAULT 0,
	bearer INT NOT NULL DEFAULT 0,
	calling VARCHAR(32) NOT NULL,
	calling_raw VARCHAR(40) NOT NULL,
	calling_ton INT NOT NULL DEFAULT 0,
	calling_npi INT NOT NULL DEFAULT 0,
	presentation VARCHAR(12) NOT NULL DEFAULT '',
	screening VARCHAR(12) NOT NULL DEFAULT '',
	called VARCHAR(32) NOT NULL,
	called_raw VARCHAR(40) NOT NULL,
	called_ton INT NOT NULL DEFAULT 0,
	called_npi INT NOT NULL DEFAULT 0,
	redirecting_raw VARCHAR(40) NOT NULL DEFAULT '',
	began_at DATETIME(3) NOT NULL,
	alerting_at DATETIME(3) NULL,
	answered_at DATETIME(3) NULL,
	ended_at DATETIME(3) NOT NULL,
	talk_ms BIGINT NOT NULL DEFAULT 0,
	cause INT NOT NULL,
	location INT NULL,
	cleared_by ENUM('us','peer') NOT NULL,
	tariff_id BIGINT NULL,
	tariff_version INT NULL,
	price_e4 BIGINT NULL,
	KEY by_call (call_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE IF NOT EXISTS audit (
	id CHAR(32) NOT NULL PRIMARY KEY,
	who VARCHAR(64) NOT NULL,
	what VARCHAR(64) NOT NULL,
	subject VARCHAR(64) NOT NULL,
	before_text TEXT NULL,
	after_text TEXT NULL,
	at DATETIME(3) NOT NULL,
	KEY by_subject (subject, at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE OR REPLACE VIEW v_account AS
	SELECT n.number AS number, a.state AS state, a.language AS language, a.balance_e4 AS balance_e4, a.held_e4 AS held_e4
	FROM account a JOIN account_number n ON n.account_id = a.id AND n.valid_to IS NULL;

CREATE OR REPLACE VIEW v_ledger AS
	SELECT l.id AS id, l.number AS number, l.kind AS kind, l.amount_e4 AS amount_e4, l.call_id AS call_id, l.leg_id AS leg_id, l.at AS at FROM ledger l;

CREATE OR REPLACE VIEW v_leg AS
	SELECT r.leg_id AS leg_id, r.call_id AS call_id, r.role AS role, r.trunk AS trunk, r.calling AS calling, r.called AS called,
		r.began_at AS began_at, r.answered_at AS answered_at, r.ended_at AS ended_at, r.cause AS cause,
		COALESCE((SELECT -SUM(l.amount_e4) FROM ledger l WHERE l.leg_id = r.leg_id AND l.kind = 'charge'), 0) AS charge_e4
	FROM leg_record r;

CREATE OR REPLACE VIEW v_call AS
	SELECT c.call_id AS call_id, c.host AS host, c.service AS service, c.began_at AS began_at, c.ended_at AS ended_at,
		COALESCE((SELECT -SUM(l.amount_e4) FROM ledger l WHERE l.call_id = c.call_id AND l.kind = 'charge'), 0) AS charge_e4,
		c.cause AS cause
	FROM call_record c;
