# SPDX-License-Identifier: PostgreSQL
# status --watch: drawn over itself on a terminal, one after the other elsewhere; a lost server; locked catalogs.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PgquellTest;
use Test::More;

my $node = new_node();

# What a terminal shows after all that was written to it.
sub screen
{
	my ($run, $rows) = @_;
	my @lines = ('') x ($rows + 1);
	my $row = 0;
	my $text = $run->out;
	while ($text =~ /\G(?:(\e\[H)|(\e\[K)|(\e\[J)|(\e\[[0-9;]*m)|(\r?\n)|([^\e\r\n]+)|(.))/gs)
	{
		if (defined $1) { $row = 0; $lines[0] = '' }
		elsif (defined $3) { splice @lines, $row, @lines - $row, ('') x (@lines - $row) }
		elsif (defined $5) { $row++; $lines[$row] = '' }
		elsif (defined $6) { $lines[$row] .= $6 }
		elsif (defined $7) { die 'what is this for a terminal: ' . ord($7) . "\n" }
	}
	return join "\n", @lines;
}

# A watch on a terminal, with what it shows waited for.
sub watch
{
	my (@arguments) = @_;
	return pgquell_pty(@arguments, '--watch', '100ms', { columns => 100, rows => 24 });
}

sub shows
{
	my ($run, $pattern) = @_;
	wait_for("the screen to show $pattern", sub { screen($run, 24) =~ $pattern });
	return pass("it shows $pattern");
}

case 'a screen that follows what happens, until Ctrl-C' => sub {
	my $run = watch('--in-state-longer', '200ms');
	shows($run, qr/^nothing is wrong$/m);
	my $s = session(application => 'forgot')->in_transaction('SELECT 1');
	shows($run, qr/^1\. app\@apps \(forgot, pid ${\ $s->pid}\) has been idle in transaction/m);
	unlike(screen($run, 24), qr/nothing is wrong/, 'nothing of the page before is left');
	my $mine = sql(q{SELECT min(pid) FROM pg_stat_activity WHERE application_name LIKE 'pgquell%'});
	$s->query('COMMIT');
	shows($run, qr/^nothing is wrong$/m);
	is(sql(q{SELECT min(pid) FROM pg_stat_activity WHERE application_name LIKE 'pgquell%'}),
		$mine, 'over the same connection');
	unlike($run->out, qr/\e\[2J|\e\[\?1049/, 'the screen is never cleared, so it does not flicker');
	$run->write("\cC");
	my $r = $run->finish;
	is_exit($r, 130);
};

case 'SIGTERM ends it as well' => sub {
	my $run = watch('status');
	shows($run, qr/nothing is wrong/);
	$run->signal('TERM');
	is_exit($run->finish, 130);
};

case 'a server that goes is waited for' => sub {
	my $run = watch('status');
	shows($run, qr/nothing is wrong/);
	PgquellTest::forget_admin($node);
	$node->stop('immediate');
	shows($run, qr/\Acontact lost for .*\n.*PostgreSQL.*\n(?:.*\n)?nothing is wrong/);
	$node->start;
	wait_for('contact', sub { screen($run, 24) !~ /contact lost/ });
	shows($run, qr/^nothing is wrong/m);
	$run->write("\cC");
	is_exit($run->finish, 130);
};

case 'a page that has grown old says so' => sub {
	my $run = watch('status');
	shows($run, qr/nothing is wrong/);
	my $backend = sql(q{SELECT min(pid) FROM pg_stat_activity WHERE application_name LIKE 'pgquell%'});
	kill 'STOP', $backend;
	shows($run, qr/\Ano answer for .*\n.*PostgreSQL.*\n(?:.*\n)?nothing is wrong/);
	kill 'CONT', $backend;
	wait_for('an answer', sub { screen($run, 24) !~ /no answer/ });
	shows($run, qr/^nothing is wrong/m);
	$run->write("\cC");
	is_exit($run->finish, 130);
};

case 'elsewhere than on a terminal one page follows the other' => sub {
	my $run = pgquell_start('--watch', '100ms');
	$run->wait_output(qr/(?:.*PostgreSQL .*\nnothing is wrong\n\n){2}/);
	unlike($run->out, qr/\e/, 'no escape');
	PgquellTest::forget_admin($node);
	$node->stop('immediate');
	$run->wait_output(qr/warning: contact lost: /);
	$node->start;
	$run->wait_output(qr/warning: contact again/);
	$run->signal('INT');
	my $r = $run->finish;
	is_exit($r, 130);
	my @lost = $r->{err} =~ /contact lost/g;
	is(scalar @lost, 1, 'said once');
};

case 'as JSON, one set follows the other' => sub {
	my $run = pgquell_start('status', '--json', '--watch', '100ms');
	$run->wait_output(qr/(?:"cluster".*\n.*){3}/);
	$run->signal('INT');
	my $r = $run->finish;
	ok(!(grep { !exists $_->{findings} } @{ $r->{json} }), 'a head each');
};

case 'a reader that leaves ends it' => sub {
	my $r = pgquell('--watch', '100ms', { wrap => [ 'sh', '-c', '"$@" | head -n 3; exit 0', 'sh' ] });
	is_exit($r, 0);
	is($r->{err}, '', 'without a word');
};

case 'a server that never was there is an error at once' => sub {
	is_exit(pgquell('--watch', '100ms', '-h', '/nonexistent'), 3);
};

case 'it sees on while somebody holds the roles locked' => sub {
	my $locker = session(role => 'postgres', database => 'postgres');
	my $s = session(application => 'forgot');
	my $run = watch('status', '--in-state-longer', '200ms');
	$s->in_transaction('SELECT 1');
	shows($run, qr/app\@apps \(forgot, pid ${\ $s->pid}\)/);
	$locker->query($_) for 'BEGIN', 'LOCK pg_authid IN ACCESS EXCLUSIVE MODE';
	shows($run, qr/postgres\@postgres \(test_app, pid ${\ $locker->pid}\) has been idle in transaction/);
	shows($run, qr/app\@apps \(forgot, pid ${\ $s->pid}\)/);
	unlike(screen($run, 24), qr/contact lost/, 'contact is kept');
	$locker->query('ROLLBACK');
	$run->write("\cC");
	is_exit($run->finish, 130);
};

case 'tree is watched alike' => sub {
	my $run = watch('tree');
	shows($run, qr/nobody waits for a lock/);
	my $root = session(application => 'root')->in_transaction('UPDATE account SET balance = 1 WHERE id = 1');
	my $waiter = session(application => 'waiter')->waiting('UPDATE account SET balance = 2 WHERE id = 1;');
	shows($run, qr/pid ${\ $root->pid}\b.*pid ${\ $waiter->pid}\b/s);
	$run->write("\cC");
	is_exit($run->finish, 130);
};

done_testing();
