# SPDX-License-Identifier: PostgreSQL
# start-up of ps, and its size: runs bench/startup.c on a private server

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PgquellBench;

bench('startup', max_connections => 1100);
