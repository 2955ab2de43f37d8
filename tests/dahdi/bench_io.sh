#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# vm: shift=0 spans=4 mem=1024
# What sixty channels cost: a system call a block, or a span's blocks in one (io_bench.c). `make test-dahdi DAHDI=bench_io`; figures in docs/dahdi.md.
io_bench
status=$?
if [ $status -eq 0 ]; then echo "ok   both were measured, every block moved"; else echo "FAIL io_bench"; fi
echo "$((status == 0)) passed, $((status != 0)) failed"
exit $status
