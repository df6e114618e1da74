# SPDX-License-Identifier: PostgreSQL
# A thousand sessions: listed, and ended in one run.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PgquellTest;
use POSIX ();
use Test::More;

my $SESSIONS = 1000;
my $HOLDERS = 5;    # processes, so that none needs more files than are usual

new_node(max_connections => $SESSIONS + 30);

# Processes that hold the sessions; a holder ends when its end of the pipe is closed.
my @holders;

sub hold_sessions
{
	my ($count) = @_;
	pipe(my $ready_r, my $ready_w) or die "could not make a pipe: $!";
	pipe(my $go_r, my $go_w) or die "could not make a pipe: $!";
	my $pid = fork;
	die "could not fork: $!" unless defined $pid;
	if (!$pid)
	{
		close $_ for $ready_r, $go_w, map { $_->{go} } @holders;
		my @sessions = eval { map { raw_session(application => 'crowd', keep => 1) } 1 .. $count };
		syswrite $ready_w, @sessions == $count ? 'ready' : "failed: $@";
		sysread $go_r, my $unused, 1;
		POSIX::_exit(0);
	}
	close $ready_w;
	close $go_r;
	push @holders, { pid => $pid, go => $go_w, ready => $ready_r };
	return;
}

sub let_go
{
	for my $holder (splice @holders)
	{
		close $holder->{go};
		waitpid $holder->{pid}, 0;
	}
	return;
}

sub crowd
{
	return sql(q{SELECT count(*) FROM pg_stat_activity WHERE application_name = 'crowd'});
}

hold_sessions($SESSIONS / $HOLDERS) for 1 .. $HOLDERS;
for my $holder (@holders)
{
	sysread $holder->{ready}, my $answer, 1000;
	is($answer, 'ready', 'a holder has its sessions');
}
wait_for('all sessions to be idle',
	sub { sql(q{SELECT count(*) FROM pg_stat_activity WHERE application_name = 'crowd' AND state = 'idle'}) == $SESSIONS });

case 'ps lists them all' => sub {
	my $r = pgquell('ps', '--json', '--application', 'crowd');
	is_exit($r, 0);
	is(scalar @{ $r->{json} }, $SESSIONS, 'every session');
	my $table = pgquell('ps', '--application', 'crowd');
	is_exit($table, 0);
	cmp_ok(scalar(() = $table->{out} =~ /\bcrowd\b/g), '>=', $SESSIONS, 'in the table too');
};

case 'so many need a limit as high' => sub {
	is_exit(pgquell('terminate', '--application', 'crowd', '--yes', '--json'), 4);
	is(crowd(), $SESSIONS, 'all are there');
};

case 'all are terminated, each with its outcome and its record' => sub {
	my $bystander = session(application => 'bystander');
	my $r = pgquell('terminate', '--application', 'crowd', '--limit', $SESSIONS, '--pace', '100000',
		'--yes', '--json', { timeout => 120 });
	is_exit($r, 0);
	is(scalar @{ $r->{json} }, $SESSIONS, 'one object each');
	my %outcomes;
	$outcomes{ $_->{outcome} }++ for @{ $r->{json} };
	is_deeply(\%outcomes, { terminated => $SESSIONS }, 'all terminated');
	is(crowd(), '0', 'the server has none of them');
	is_alive($bystander);
	is(scalar(grep { $_->{kind} eq 'outcome' } audit()), $SESSIONS, 'the trail has every outcome');
	is_exit(pgquell('log', 'verify'), 0);
};

let_go();
done_testing();
