-- SPDX-License-Identifier: GPL-2.0-or-later
-- Passwords of accounts (billing/password.h): argon2id; attempts that may have been wrong, until a right one or a lock.

ALTER TABLE account
	ADD COLUMN IF NOT EXISTS password_hash VARCHAR(128) CHARACTER SET ascii NULL,
	ADD COLUMN IF NOT EXISTS password_locked_until DATETIME(3) NULL;

CREATE TABLE IF NOT EXISTS password_attempt (
	id CHAR(32) NOT NULL PRIMARY KEY,
	account_id BIGINT NOT NULL,
	at DATETIME(3) NOT NULL,
	KEY by_account (account_id, at),
	FOREIGN KEY (account_id) REFERENCES account (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
