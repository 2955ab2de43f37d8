/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * peer create|destroy KEY:ID - a span of 31 channels of DAHDI's in-kernel cable (dahdi_dynamic_loc), as `dynamic=loc,KEY:ID,31,0`
 * in system.conf. To destroy one is to cut the cable of its peer: in the virtual machine, what a RED alarm is made of. Its
 * channels must be closed. dahdi_cfg can create spans but destroys none.
 */
#include <dahdi/user.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct dahdi_dynamic_span span = { .driver = "loc", .numchans = 31, .timing = 0 };
	int ctl, err = 0;

	if (argc != 3 || strlen(argv[2]) >= sizeof(span.addr) ||
	    (strcmp(argv[1], "create") != 0 && strcmp(argv[1], "destroy") != 0)) {
		fputs("usage: peer create|destroy KEY:ID\n", stderr);
		return 2;
	}
	memcpy(span.addr, argv[2], strlen(argv[2]) + 1);
	ctl = open("/dev/dahdi/ctl", O_RDWR | O_CLOEXEC);
	if (ctl < 0 || ioctl(ctl, argv[1][0] == 'd' ? DAHDI_DYNAMIC_DESTROY : DAHDI_DYNAMIC_CREATE, &span) < 0)
		err = errno;
	if (err)
		fprintf(stderr, "peer %s %s: %s\n", argv[1], argv[2], strerror(err));
	if (ctl >= 0)
		(void)close(ctl);
	return err != 0;
}
