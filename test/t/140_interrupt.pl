# SPDX-License-Identifier: PostgreSQL
# Interrupted in the middle: exit 130, and the trail knows what is open.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PgquellTest;
use Test::More;

new_node();

# A stop whose cancel was swallowed, with a long grace running.
sub in_mid_ladder
{
	my ($start, $s) = @_;
	my $run = $start->('stop', $s->pid, '--yes', '--grace', '60s');
	wait_for('the cancel to be recorded',
		sub { signals_recorded($s->pid) });
	return $run;
}

# Its intent and its signal are recorded, its outcome is not known.
sub is_open
{
	my ($pid) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is(scalar(() = signals_recorded($pid)), 1, 'one signal in the trail');
	my @outcomes = map { $_->{outcome} } grep { $_->{kind} eq 'outcome' } audit_of($pid);
	unlike("@outcomes", qr/over|cancelled|terminated|disconnected/, 'its end is not claimed');
	is_exit(pgquell('log', 'verify'), 0, 'the trail is whole');
	return;
}

for my $signal (qw(INT TERM))
{
	case "SIG$signal in the middle of a stop" => sub {
		my $s = session()->swallowing;
		my $run = in_mid_ladder(\&pgquell_start, $s);
		$run->signal($signal);
		my $r = $run->finish;
		like($r->{exit}, $signal eq 'INT' ? qr/^130$/ : qr/^(?:130|143)$/, 'the exit code');
		is_open($s->pid);
		is_alive($s, 'no further signal was sent');
	};
}

case 'Ctrl-C on a terminal' => sub {
	my $s = session()->swallowing;
	my $run = in_mid_ladder(\&pgquell_pty, $s);
	$run->write("\x03");
	is_exit($run->finish, 130);
	is_open($s->pid);
	is_alive($s);
};

case 'Ctrl-C at the question: nothing was sent' => sub {
	my $s = session()->busy;
	my $run = pgquell_pty('stop', $s->pid);
	$run->wait_output(qr/\?/);
	$run->write("\x03");
	is_exit($run->finish, 130);
	is(activity($s->pid)->{state}, 'active', 'untouched');
	is(scalar(() = signals_recorded($s->pid)), 0, 'no signal in the trail');
};

case 'killed in the middle: the trail is whole and shows the open target' => sub {
	my $s = session()->swallowing;
	my $run = in_mid_ladder(\&pgquell_start, $s);
	$run->signal('KILL');
	is_exit($run->finish, 'signal 9', 'killed');
	is_open($s->pid);
	my $r = pgquell('log', 'list');
	is_exit($r, 0);
	like($r->{out}, qr/open|unknown|no outcome/i, 'log list says so');
};

done_testing();
