-- SPDX-License-Identifier: GPL-2.0-or-later
-- The back office: operators (billing/operator.h), sessions and idempotency keys of the HTTP API (of a session only its hash is here), and
-- what a subscriber keeps for himself: an address book, and groups of it.

CREATE TABLE IF NOT EXISTS office_operator (
	id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
	provider_id BIGINT NOT NULL,
	name VARCHAR(32) CHARACTER SET ascii NOT NULL UNIQUE,
	role ENUM('clerk','operator','auditor') NOT NULL,
	password_hash VARCHAR(128) CHARACTER SET ascii NOT NULL,
	totp_secret VARCHAR(64) CHARACTER SET ascii NOT NULL,
	totp_used BIGINT NOT NULL DEFAULT 0,
	disabled TINYINT NOT NULL DEFAULT 0,
	locked_until DATETIME(3) NULL,
	created_at DATETIME(3) NOT NULL,
	FOREIGN KEY (provider_id) REFERENCES provider (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE IF NOT EXISTS office_operator_attempt (
	id CHAR(32) NOT NULL PRIMARY KEY,
	operator_id BIGINT NOT NULL,
	at DATETIME(3) NOT NULL,
	KEY by_operator (operator_id, at),
	FOREIGN KEY (operator_id) REFERENCES office_operator (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE IF NOT EXISTS office_session (
	id CHAR(64) CHARACTER SET ascii NOT NULL PRIMARY KEY,
	account_id BIGINT NULL,
	number VARCHAR(32) NOT NULL DEFAULT '',
	operator_id BIGINT NULL,
	csrf CHAR(64) CHARACTER SET ascii NOT NULL,
	address VARCHAR(64) NOT NULL,
	created_at DATETIME(3) NOT NULL,
	seen_at DATETIME(3) NOT NULL,
	KEY by_account (account_id),
	KEY by_operator (operator_id),
	KEY by_seen (seen_at),
	FOREIGN KEY (account_id) REFERENCES account (id),
	FOREIGN KEY (operator_id) REFERENCES office_operator (id),
	CONSTRAINT somebody_is_logged_in CHECK ((account_id IS NULL) <> (operator_id IS NULL))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- status NULL: under way. The act itself has movement_id as its id, so that a repeated one is one also when the office died in it.
CREATE TABLE IF NOT EXISTS office_once (
	principal VARCHAR(40) CHARACTER SET ascii NOT NULL,
	idempotency_key VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	fingerprint CHAR(6) CHARACTER SET ascii NOT NULL,
	movement_id CHAR(32) CHARACTER SET ascii NOT NULL,
	status INT NULL,
	etag VARCHAR(80) NOT NULL DEFAULT '',
	location VARCHAR(200) NOT NULL DEFAULT '',
	answer MEDIUMTEXT NULL,
	begun_at DATETIME(3) NOT NULL,
	PRIMARY KEY (principal, idempotency_key),
	KEY by_time (begun_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE IF NOT EXISTS contact (
	id CHAR(32) NOT NULL PRIMARY KEY,
	account_id BIGINT NOT NULL,
	name VARCHAR(63) NOT NULL,
	number VARCHAR(32) NOT NULL,
	version INT NOT NULL DEFAULT 1,
	KEY by_name (account_id, name, id),
	FOREIGN KEY (account_id) REFERENCES account (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE IF NOT EXISTS contact_group (
	id CHAR(32) NOT NULL PRIMARY KEY,
	account_id BIGINT NOT NULL,
	name VARCHAR(63) NOT NULL,
	version INT NOT NULL DEFAULT 1,
	KEY by_name (account_id, name, id),
	FOREIGN KEY (account_id) REFERENCES account (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE IF NOT EXISTS contact_group_member (
	group_id CHAR(32) NOT NULL,
	contact_id CHAR(32) NOT NULL,
	position INT NOT NULL,
	PRIMARY KEY (group_id, contact_id),
	KEY by_contact (contact_id),
	FOREIGN KEY (group_id) REFERENCES contact_group (id) ON DELETE CASCADE,
	FOREIGN KEY (contact_id) REFERENCES contact (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
