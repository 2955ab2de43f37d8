/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * node/commands.h - what a running node answers on its control socket (control/control.h), and what it tells subscribers.
 *
 *   status                    name, since when, how much is going on
 *   spans, span NAME          state of the spans; of one, each timeslot
 *   calls, call ID            multi-party calls and their parties
 *   invite ID NUMBER, drop ID [ORDER], mute ID ORDER, unmute ID ORDER
 *   counters [GROUP]
 *   trunks, trunk NAME        SIP trunks and their peers
 *   trace SPAN [FILE]         D-channel frames into a pcap; without FILE no more
 *   trace CALL [FILE]         SIP messages of a call, or into a pcap
 *   log [LEVEL], reopen       how much is logged; the log file anew
 *
 * Topics of events: "call" (a call began, changed, ended), "span" and "trunk" (came up, went down), looked for every
 * COMMANDS_LOOK_MS while anybody listens. Control thread.
 */
#ifndef NODE_COMMANDS_H
#define NODE_COMMANDS_H

#include "control/control.h"
#include "node/node.h"

#define COMMANDS_LOOK_MS 250

struct commands;

/* Both outlive it. -ENOMEM, -ENOSPC. */
int  commands_alloc(struct commands **cp, struct control_server *s, struct node *n);
void commands_free(struct commands *c); /* before the server */

#endif
