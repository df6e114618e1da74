# SPDX-License-Identifier: PostgreSQL
# from a signal to its effect seen: runs bench/effect.c on a private server

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PgquellBench;

bench('effect', max_connections => 40);
