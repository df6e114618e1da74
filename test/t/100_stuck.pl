# SPDX-License-Identifier: PostgreSQL
# A backend that cannot react: the signal is pending, and what that means is said.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PgquellTest;
use Test::More;

new_node();

case 'stopped by SIGSTOP: stuck, SIGTERM pending, and only then said so' => sub {
	my $s = session()->busy;
	stop_process($s->pid);
	my $r = pgquell('stop', $s->pid, '--json', '--grace', '200ms', '--timeout', '500ms');
	my $a = is_action(
		$r,
		exit => 1,
		outcome => 'stuck',
		plan => [ 'cancel', 'terminate' ],
		steps => [ 'cancel', 'terminate' ],
		state_after => 'active',
		text => qr/SIGTERM.*pending|pending.*SIGTERM/is);
	like(PgquellTest::text_of($a), qr/restart/i, 'only a restart ends it');
	like(PgquellTest::text_of($a), qr/kill -9|SIGKILL/, 'and not kill -9');
	is_alive($s);
	continue_process($s->pid);
	wait_gone($s);
};

case 'terminate alone finds the same' => sub {
	my $s = session();
	stop_process($s->pid);
	my $r = pgquell('terminate', $s->pid, '--json', '--timeout', '300ms');
	is_action($r, exit => 1, outcome => 'stuck', steps => ['terminate'], text => qr/pending/i);
	continue_process($s->pid);
	wait_gone($s);
};

case 'cancel alone: survived, since nothing stronger was allowed' => sub {
	my $s = session()->busy;
	stop_process($s->pid);
	my $r = pgquell('cancel', $s->pid, '--json', '--timeout', '300ms');
	is_action($r, exit => 1, outcome => 'survived', steps => ['cancel']);
	continue_process($s->pid);
	wait_for_state($s, state => 'idle');
};

case 'a stuck target does not hold up the others' => sub {
	my $stuck = session(application => 'crowd')->busy;
	my @others = map { session(application => 'crowd')->busy } 1 .. 3;
	stop_process($stuck->pid);
	my $r = pgquell('terminate', '--application', 'crowd', '--yes', '--json', '--timeout', '500ms');
	is_exit($r, 1);
	is_action($r, pid => $stuck->pid, outcome => 'stuck');
	is_action($r, pid => $_->pid, outcome => 'terminated') for @others;
};

case 'it goes on in time: terminated, however late' => sub {
	my $s = session()->busy;
	stop_process($s->pid);
	my $run = pgquell_start('terminate', $s->pid, '--json', '--timeout', '30s');
	wait_for('SIGTERM to be pending',
		sub { PostgreSQL::Test::Utils::slurp_file("/proc/${\ $s->pid}/status") =~ /^ShdPnd:\s*0*4\d{3}$/m });
	continue_process($s->pid);
	is_action($run->finish, exit => 0, outcome => 'terminated', steps => ['terminate']);
};

done_testing();
