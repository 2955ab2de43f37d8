-- SPDX-License-Identifier: GPL-2.0-or-later
-- Recharge cards. Of a card's number only its HMAC-SHA-256 is here, under a key that is not (billing/card_key.h). A batch is `making`
-- until its last card and the printer's file are on disk, and nothing of it can be redeemed before it is `activated`. A card without a
-- state of its own has its batch's, so a change of a batch is one row. card_failure is what limits guessing, on all nodes together.

CREATE TABLE IF NOT EXISTS card_key (
	id INT NOT NULL PRIMARY KEY,
	fingerprint CHAR(32) NOT NULL,
	created_at DATETIME(3) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE IF NOT EXISTS card_batch (
	id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
	name VARCHAR(32) NOT NULL UNIQUE,
	provider_id BIGINT NOT NULL DEFAULT 1,
	state ENUM('making','created','printed','delivered','activated','blocked') NOT NULL DEFAULT 'making',
	maker CHAR(32) NOT NULL,
	cards INT NOT NULL,
	digits INT NOT NULL,
	value_e4 BIGINT NOT NULL,
	key_id INT NOT NULL,
	expires_at DATETIME(3) NOT NULL,
	created_at DATETIME(3) NOT NULL,
	FOREIGN KEY (provider_id) REFERENCES provider (id),
	FOREIGN KEY (key_id) REFERENCES card_key (id),
	CONSTRAINT card_is_worth_something CHECK (value_e4 > 0 AND cards > 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE IF NOT EXISTS card (
	batch_id BIGINT NOT NULL,
	serial INT NOT NULL,
	mac BINARY(32) NOT NULL,
	state ENUM('activated','blocked','used') NULL,
	used_at DATETIME(3) NULL,
	ledger_id CHAR(32) NULL,
	PRIMARY KEY (batch_id, serial),
	UNIQUE KEY by_mac (mac),
	UNIQUE KEY by_ledger (ledger_id),
	FOREIGN KEY (batch_id) REFERENCES card_batch (id),
	CONSTRAINT used_once CHECK ((state IS NOT NULL AND state = 'used') = (ledger_id IS NOT NULL) AND (used_at IS NULL) = (ledger_id IS NULL))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE IF NOT EXISTS card_failure (
	id CHAR(32) NOT NULL PRIMARY KEY,
	outcome VARCHAR(16) NOT NULL,
	caller VARCHAR(32) NOT NULL DEFAULT '',
	account_id BIGINT NOT NULL DEFAULT 0,
	trunk VARCHAR(32) NOT NULL DEFAULT '',
	at DATETIME(3) NOT NULL,
	KEY by_caller (caller, at),
	KEY by_account (account_id, at),
	KEY by_trunk (trunk, at),
	KEY by_time (at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE OR REPLACE VIEW v_card AS
	SELECT b.name AS batch, c.serial AS serial, COALESCE(c.state, b.state) AS state, b.value_e4 AS value_e4, b.expires_at AS expires_at,
		c.used_at AS used_at, c.ledger_id AS ledger_id, l.number AS number, b.provider_id AS provider_id
	FROM card c JOIN card_batch b ON b.id = c.batch_id LEFT JOIN ledger l ON l.id = c.ledger_id;
