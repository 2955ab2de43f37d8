/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ivr/selfcare_password.c - a password proved, and changed. Digits of a password are in no log. */
#include <errno.h>
#include <string.h>

#include "core/clock.h"
#include "ivr/selfcare_internal.h"

#define LOG_MODULE "ivr"

/* Three wrong ones end the call, and lock (billing/password.h). */
int selfcare_prove(struct selfcare *c, const char *number)
{
	char digits[DIALOGUE_DIGITS_MAX + 1];
	struct password_check q = { .number = number, .password = digits, .who = c->who };
	int err;

	for (;;) {
		err = selfcare_digits(c, "enter-password", digits);
		if (!err)
			err = billing_care_password(c->env->billing, &c->door, &q);
		memset(digits, 0, sizeof(digits));
		if (err == -EIO) {
			err = selfcare_unavailable(c, err);
			return err ? err : -ECANCELED;
		}
		if (err)
			return err;
		switch (q.outcome) {
		case PASSWORD_RIGHT:
			return 0;
		case PASSWORD_WRONG:
			err = selfcare_tell_id(c, "wrong-password");
			if (err)
				return err;
			break;
		case PASSWORD_LOCKED:
			err = selfcare_tell_id(c, "password-locked");
			return err ? err : -EACCES;
		case PASSWORD_NOT_SET:
			err = selfcare_tell_id(c, "password-not-set");
			return err ? err : -ECANCELED;
		case PASSWORD_NO_ACCOUNT:
			err = selfcare_tell_id(c, "account-unknown");
			return err ? err : -ECANCELED;
		}
	}
}

static const char *fault_prompt(enum password_fault f)
{
	return f == PASSWORD_WEAK ? "password-weak" : "password-length";
}

/* A new one, twice the same. */
static int ask_new(struct selfcare *c, const char *number, char digits[DIALOGUE_DIGITS_MAX + 1])
{
	char again[DIALOGUE_DIGITS_MAX + 1];
	enum password_fault fault;
	int err;

	for (unsigned wrong = 0; wrong < c->env->settings.wrong_numbers; wrong++) {
		err = selfcare_digits(c, "enter-new-password", digits);
		if (err)
			return err;
		fault = password_fault(digits, number);
		if (fault == PASSWORD_GOOD)
			err = selfcare_digits(c, "repeat-password", again);
		if (err)
			return err;
		if (fault == PASSWORD_GOOD && strcmp(digits, again) == 0)
			return 0;
		err = selfcare_tell_id(c, fault == PASSWORD_GOOD ? "password-differs" : fault_prompt(fault));
		if (err)
			return err;
	}
	return -ETIMEDOUT;
}

/* His own telephone may set the first one; any other change wants the old. */
int selfcare_password(struct selfcare *c)
{
	char number[LEG_NUMBER_MAX + 1], digits[DIALOGUE_DIGITS_MAX + 1];
	bool set = true;
	int err = selfcare_whose(c, number);

	if (!err && strcmp(number, c->own) == 0)
		err = billing_care_has_password(c->env->billing, number, &set);
	if (err == -EIO)
		return selfcare_unavailable(c, err);
	if (!err && set)
		err = selfcare_prove(c, number);
	if (!err)
		err = ask_new(c, number, digits);
	if (err)
		return err;
	err = billing_care_set_password(c->env->billing, number, digits, c->who);
	memset(digits, 0, sizeof(digits));
	return err ? selfcare_unavailable(c, err) : selfcare_tell_id(c, "password-changed");
}
