# SPDX-License-Identifier: PostgreSQL
# status on a crowded server in trouble: runs bench/status.c on a private server

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PgquellBench;

bench('status', max_connections => 1100);
