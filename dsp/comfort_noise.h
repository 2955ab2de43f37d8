/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dsp/comfort_noise.h - RFC 3389: what stands for silence that is not sent.
 *
 *   octet 0: noise level, 0..127 for 0 to -127 dBov      1...M: reflection coefficients k = 258 (N - 127) / 32768
 *
 * dBov counts from the loudest a system can carry, a full-scale square wave: 0 dBov is +6.15 dBm0 here (dsp/level.h).
 *
 * A coefficient's sign is that of its A(z) = 1 + k z^-1 ...: noise with more of the low tones has a negative first one. (The RFC
 * does not say; FFmpeg does it so.)
 *
 * Heard: white noise through the lattice of the coefficients (all-pole; up to COMFORT_NOISE_ORDER, more are left out), at the
 * level that was told, at most COMFORT_NOISE_MAX_DBM0: nobody may be shouted at by a noise packet. A new level is reached in 10
 * ms or so. Sent: the node never stops sending speech, so it sends none; comfort_noise_build() is there for who will, and for
 * tests.
 *
 * Contract of a block: one thread; init; 8 kHz; any length.
 */
#ifndef DSP_COMFORT_NOISE_H
#define DSP_COMFORT_NOISE_H

#include <stddef.h>
#include <stdint.h>

#define COMFORT_NOISE_ORDER    10
#define COMFORT_NOISE_MAX_DBM0 (-25)

struct comfort_noise {
	float    k[COMFORT_NOISE_ORDER];        /* reflection coefficients */
	float    back[COMFORT_NOISE_ORDER + 1]; /* the lattice's backward path, of a noise whose rms is 1 */
	unsigned order;
	float    excitation;                    /* rms of the white noise that makes it so */
	float    level, level_now;              /* rms of what is heard */
	uint32_t random;                        /* a generator's state */
};

void comfort_noise_init(struct comfort_noise *c); /* silence until told */
/* A payload from the wire. Empty: -EBADMSG. No filter, however chosen, makes it loud or unstable. */
int  comfort_noise_parse(struct comfort_noise *c, const uint8_t *payload, size_t len);
void comfort_noise_process(struct comfort_noise *c, int16_t *s, size_t n);

/* A payload that says how the n samples sound: level and `order` coefficients (0..COMFORT_NOISE_ORDER). Its length; out has room
 * for 1 + order. n at least 80. */
size_t comfort_noise_build(uint8_t *out, const int16_t *s, size_t n, unsigned order);

#endif
