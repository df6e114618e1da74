# SPDX-License-Identifier: PostgreSQL
# How far an action may go without being asked: limit, yes, dry run; and misuse.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PgquellTest;
use Test::More;

new_node();

case 'more matches than --limit: refused, nothing sent, exit 4' => sub {
	my @sessions = map { session(application => 'many')->busy } 1 .. 4;
	my $r = pgquell('terminate', '--application', 'many', '--limit', '3', '--yes', '--json');
	is_exit($r, 4);
	like($r->{err}, qr/\b4\b.*\b3\b|\b3\b.*\b4\b|--limit/s, 'it says how many');
	is_alive($_) for @sessions;
	is(scalar(grep { $_->{kind} eq 'signal' } audit()), 0, 'no signal in the trail');
	is_exit(
		pgquell('terminate', '--application', 'many', '--limit', '4', '--yes', '--json'), 0,
		'as many as the limit are fine');
};

case 'the limit is ten unless said otherwise' => sub {
	my @sessions = map { session(application => 'eleven') } 1 .. 11;
	is_exit(pgquell('terminate', '--application', 'eleven', '--yes'), 4);
	is_alive($_) for @sessions;
};

case 'not on a terminal more than one target needs --yes' => sub {
	my @sessions = map { session(application => 'two')->busy } 1 .. 2;
	my $r = pgquell('cancel', '--application', 'two', '--json');
	is_exit($r, 4);
	like($r->{err}, qr/--yes/, 'it says what is missing');
	is(activity($_->pid)->{state}, 'active', 'untouched') for @sessions;
	is_exit(pgquell('cancel', '--application', 'two', '--json', '--yes'), 0);
};

case 'not on a terminal one target needs none' => sub {
	my $s = session()->busy;
	is_exit(pgquell('cancel', $s->pid), 0);
};

case 'on a terminal even one target is asked about, and the consequence shown first' => sub {
	my $s = session()->in_transaction('UPDATE account SET balance = 1 WHERE id = 1');
	my $run = pgquell_pty('stop', $s->pid);
	$run->wait_output(qr{\[y/N\]});
	my $shown = $run->out;
	like($shown, qr/${\ $s->pid}/, 'which session');
	like($shown, qr/terminate/i, 'what would be sent');
	like($shown, qr/roll|lock/i, 'what would be lost');
	is_alive($s);
	$run->write("n\n");
	is_exit($run->finish, 4, 'declined: exit 4');
	is_alive($s);
};

case 'on a terminal --yes asks nothing' => sub {
	my $s = session()->busy;
	my $r = pgquell_pty('cancel', $s->pid, '--yes')->finish;
	is_exit($r, 0);
	wait_for_state($s, state => 'idle');
};

case 'an empty answer and an end of input decline' => sub {
	my $s = session()->busy;
	for my $answer ("\n", "\x04")
	{
		my $run = pgquell_pty('cancel', $s->pid);
		$run->wait_output(qr/\?/);
		$run->write($answer);
		is_exit($run->finish, 4);
	}
	is(activity($s->pid)->{state}, 'active', 'untouched');
};

case 'a dry run sends nothing, records no signal, and says what it would do' => sub {
	my $s = session()->busy;
	my $forgotten = session()->in_transaction('UPDATE account SET balance = 1 WHERE id = 1');
	my $r = pgquell('stop', $s->pid, $forgotten->pid, '--dry-run', '--json');
	is_exit($r, 0);
	is_action($r, pid => $s->pid, outcome => undef, plan => [ 'cancel', 'terminate' ], steps => []);
	is_action($r, pid => $forgotten->pid, outcome => undef, plan => ['terminate'], steps => []);
	is(activity($s->pid)->{state}, 'active', 'untouched');
	is_alive($forgotten);
	is(scalar(() = signals_recorded($s->pid)), 0, 'no signal in the trail');
	my $text = pgquell('stop', $s->pid, '--dry-run');
	like($text->{out} . $text->{err}, qr/cancel/, 'in words too');
};

case 'pace: targets are not signalled faster than asked' => sub {
	my @sessions = map { session(application => 'paced')->busy } 1 .. 4;
	my $r = pgquell('terminate', '--application', 'paced', '--yes', '--json', '--pace', '4');
	is_exit($r, 0);
	my @at = sort map { $_->{at} } grep { $_->{step} eq 'terminate' } map { @{ $_->{steps} } } @{ $r->{json} };
	is(scalar @at, 4, 'four terminates');
	my ($first, $last) = map { /(\d+):(\d+):([\d.]+)Z/ ? $1 * 3600 + $2 * 60 + $3 : 0 } @at[ 0, -1 ];
	cmp_ok($last - $first, '>=', 0.5, 'spread over time');
};

case '--quiet leaves only what matters' => sub {
	my $s = session()->busy;
	my $r = pgquell('cancel', $s->pid, '--quiet');
	is_exit($r, 0);
	is($r->{out}, '', 'nothing on standard output');
};

# Misuse: exit 2, one error, and where to read more.
sub is_usage_error
{
	my ($arguments, $text) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $r = pgquell(@$arguments);
	is_exit($r, 2, "exit 2: pgquell @$arguments");
	like($r->{err}, $text, 'the error');
	like($r->{err}, qr/[Tt]ry .*--help/, 'the hint');
	is($r->{out}, '', 'nothing on standard output');
	return;
}

case 'misuse is exit 2 with one error and a hint' => sub {
	is_usage_error([$_], qr/target/) for qw(cancel terminate stop);
	is_usage_error([ 'cancel', '-1' ], qr/-1/);
	is_usage_error([ 'cancel', '12x' ], qr/"12x"/);
	is_usage_error([ 'cancel', '99999999999' ], qr/99999999999/);
	is_usage_error([ 'cancel', '--all', '--limit', '0' ], qr/limit/);
	is_usage_error([ 'cancel', '--all', '--limit', 'x' ], qr/limit/);
	is_usage_error([ 'cancel', '--all', '--grace', '5 parsecs' ], qr/parsecs/);
	is_usage_error([ 'cancel', '--all', '--scope', 'universe' ], qr/scope/);
	is_usage_error([ 'cancel', '--all', '--allow', 'anything' ], qr/allow/);
	is_usage_error([ 'cancel', '--query', '(' ], qr/query|regular/);
	is_usage_error([ 'ps', '--client', '300.1.1.1/99' ], qr/client/);
	is_usage_error([ 'ps', '--statement-longer', '5x' ], qr/5x/);
	is_usage_error([ 'ps', '--limit' ], qr/limit/);
};

case 'nothing matches: exit 5' => sub {
	my $r = pgquell('terminate', '--application', 'nobody at all', '--yes', '--json');
	is_exit($r, 5);
	is($r->{out}, '', 'no object');
	like($r->{err}, qr/^pgquell: /m, 'a message');
};

done_testing();
