# SPDX-License-Identifier: PostgreSQL
# A child process with a deadline, its output in files or on a terminal, so that nothing ever has to be pumped.

package PgquellTest::Process;

use strict;
use warnings;

use Fcntl qw(F_GETFL F_SETFL O_NONBLOCK);
use IO::Pty;
use POSIX ();
use Time::HiRes qw(time);

use PostgreSQL::Test::Utils ();

my $count = 0;
my $directory;

# Calls the code, about 200 times a second, until it returns something true or the time is up.
sub poll_until
{
	my ($code, $seconds) = @_;
	my $end = time + $seconds;
	while (1)
	{
		my $value = $code->();
		return $value if $value;
		return if time > $end;
		select undef, undef, undef, 0.005;
	}
}

# new(command => [], env => {NAME => value or undef}, stdin => 'pipe' or text or undef, pty =>, columns =>,
# rows =>, deadline =>, on_finish => code that makes the result of finish)
sub new
{
	my ($class, %o) = @_;
	$directory ||= PostgreSQL::Test::Utils::tempdir('process');
	my $base = $directory . '/' . ++$count;
	my $self = bless {
		%o,
		base => $base,
		terminal => '',
		end => time + ($o{deadline} || 60),
	}, $class;
	if ($o{pty}) { $self->start_on_pty }
	else { $self->start_on_files }
	return $self;
}

sub start_on_files
{
	my ($self) = @_;
	my ($reader, $writer);
	PostgreSQL::Test::Utils::append_to_file("$self->{base}.$_", '') for qw(out err);    # they exist before they are read
	my $source = '/dev/null';
	if (!defined $self->{stdin}) { }
	elsif ($self->{stdin} eq 'pipe')
	{
		pipe($reader, $writer) or die "could not make a pipe: $!\n";
	}
	else
	{
		$source = "$self->{base}.in";
		PostgreSQL::Test::Utils::append_to_file($source, $self->{stdin});
	}
	$self->{pid} = $self->fork_child(
		sub {
			open STDIN, $reader ? '<&' : '<', $reader || $source or die "stdin: $!";
			open STDOUT, '>>', "$self->{base}.out" or die "stdout: $!";
			open STDERR, '>>', "$self->{base}.err" or die "stderr: $!";
		});
	if ($writer)
	{
		close $reader;
		$writer->autoflush(1);
		$self->{writer} = $writer;
	}
	return;
}

sub start_on_pty
{
	my ($self) = @_;
	my $pty = IO::Pty->new or die "could not open a terminal: $!\n";
	my $slave = $pty->slave;
	$slave->set_winsize($self->{rows} || 40, $self->{columns} || 120, 0, 0);
	$self->{pid} = $self->fork_child(
		sub {
			$pty->make_slave_controlling_terminal;
			open STDIN, '<&', $slave or die "stdin: $!";
			open STDOUT, '>&', $slave or die "stdout: $!";
			open STDERR, '>&', $slave or die "stderr: $!";
			close $pty;
		});
	close $slave;
	$self->{pty} = $self->{writer} = $pty;
	fcntl $pty, F_SETFL, fcntl($pty, F_GETFL, 0) | O_NONBLOCK;
	return;
}

sub fork_child
{
	my ($self, $redirect) = @_;
	my $pid = fork;
	die "could not fork: $!\n" unless defined $pid;
	return $pid if $pid;

	# The child: the kit ignores SIGPIPE, and tees handles that it ties.
	my $lived = eval {
		local $SIG{__DIE__} = 'DEFAULT';
		untie *STDOUT;
		untie *STDERR;
		$redirect->();
		$SIG{PIPE} = 'DEFAULT';    ## no critic (RequireLocalizedPunctuationVars)
		for my $name (keys %{ $self->{env} || {} })
		{
			my $value = $self->{env}{$name};
			if (defined $value) { $ENV{$name} = $value }
			else { delete $ENV{$name} }
		}
		no warnings 'exec';
		exec { $self->{command}[0] } @{ $self->{command} };
	};
	print STDERR "could not execute $self->{command}[0]: ", $@ || $!, "\n";
	POSIX::_exit(127);
	return;
}

sub pid { my ($self) = @_; return $self->{pid} }

# Everything on standard output so far; on a terminal, everything shown.
sub out
{
	my ($self) = @_;
	if ($self->{pty})
	{
		$self->{terminal} .= $_ while defined(local $_ = $self->read_terminal);
		return $self->{terminal};
	}
	return PostgreSQL::Test::Utils::slurp_file("$self->{base}.out");
}

sub read_terminal
{
	my ($self) = @_;
	my $got = sysread $self->{pty}, my $bytes, 65536;
	return $got ? $bytes : undef;
}

sub err
{
	my ($self) = @_;
	return $self->{pty} ? '' : PostgreSQL::Test::Utils::slurp_file("$self->{base}.err");
}

sub write    ## no critic (ProhibitBuiltinHomonyms)
{
	my ($self, $text) = @_;
	my $handle = $self->{writer};
	while (length $text)
	{
		my $written = syswrite $handle, $text;
		die "could not write to process $self->{pid}: $!\n" unless defined $written;
		substr $text, 0, $written, '';
	}
	return $self;
}

sub close_stdin
{
	my ($self) = @_;
	close delete $self->{writer} if $self->{writer};
	return $self;
}

# Until its output, both kinds, matches.
sub wait_output
{
	my ($self, $pattern, $seconds) = @_;
	return $self
	  if poll_until(sub { ($self->out . $self->err) =~ $pattern || !$self->running },
		$seconds || 30)
	  && ($self->out . $self->err) =~ $pattern;
	die 'process ' . $self->{pid} . " did not print $pattern; it printed: "
	  . $self->out . $self->err . "\n";
}

sub running
{
	my ($self) = @_;
	return 0 if defined $self->{status};
	my $done = waitpid $self->{pid}, POSIX::WNOHANG();
	return 1 if $done == 0;
	$self->{status} = $done == $self->{pid} ? $? : 0;
	return 0;
}

sub signal
{
	my ($self, $name) = @_;
	kill $name, $self->{pid} if $self->running;
	return $self;
}

# Waits for its end, and ends it with SIGKILL when its deadline has come.
sub finish
{
	my ($self) = @_;
	return $self->{result} if $self->{finished}++;
	$self->{out_of_time} = 1
	  unless poll_until(sub { $self->out if $self->{pty}; return !$self->running },
		$self->{end} - time);
	$self->kill_hard if $self->{out_of_time};
	$self->{result} = $self->{on_finish} ? $self->{on_finish}->($self) : $self;
	return $self->{result};
}

# The exit code, "signal N", or "timeout".
sub exit_code
{
	my ($self) = @_;
	return 'timeout' if $self->{out_of_time};
	return 'running' unless defined $self->{status};
	return 'signal ' . ($self->{status} & 127) if $self->{status} & 127;
	return $self->{status} >> 8;
}

sub kill_hard
{
	my ($self) = @_;
	return unless $self->running;
	kill 'KILL', $self->{pid};
	poll_until(sub { !$self->running }, 10);
	return;
}

sub close    ## no critic (ProhibitBuiltinHomonyms, ProhibitAmbiguousNames)
{
	my ($self) = @_;
	$self->kill_hard;
	$self->finish if $self->{on_finish};
	$self->close_stdin;
	return;
}

1;
