# SPDX-License-Identifier: PostgreSQL
# The manual and the completion of bash, zsh and fish say what --help says, and no more: every shell is
# really asked. No server.
#
# usage: pages.pl PGQUELL DIRECTORY     (the directory that print_pages has filled)

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Temp ();
use FindBin;
use Test::More;

die "usage: pages.pl PGQUELL DIRECTORY\n" unless @ARGV == 2;
my ($pgquell, $pages) = map { abs_path($_) || die "there is no $_\n" } @ARGV;
my $here = $FindBin::RealBin;
my $home = File::Temp->newdir;
%ENV = (%ENV, HOME => "$home", LC_ALL => 'C.UTF-8', PGHOST => '/nonexistent', TERM => 'xterm');
delete @ENV{qw(XDG_CONFIG_HOME XDG_DATA_HOME XDG_CACHE_HOME ZDOTDIR COMP_WORDBREAKS)};

my %scripts = (
	bash => [ 'bash', '--norc', "$here/complete.bash", "$pages/pgquell" ],
	zsh => [ 'zsh', '-f', "$here/complete.zsh", "$pages/_pgquell" ],
	fish => [ 'fish', '--no-config', "$here/complete.fish", "$pages/pgquell.fish" ]);
my %checkers = (
	bash => [ 'bash', '-n', "$pages/pgquell" ],
	zsh => [ 'zsh', '-n', "$pages/_pgquell" ],
	fish => [ 'fish', '-n', "$pages/pgquell.fish" ]);

# ---- tools ----

sub slurp
{
	my ($path) = @_;
	open my $fh, '<', $path or die "could not open $path: $!\n";
	local $/ = undef;
	return scalar <$fh>;
}

# Standard output and error together.
sub output
{
	my (@command) = @_;
	my $pid = open my $fh, '-|';
	die "could not fork: $!\n" unless defined $pid;
	if (!$pid)
	{
		open STDERR, '>&', \*STDOUT or die;
		open STDIN, '<', '/dev/null' or die;
		exec { $command[0] } @command or die "could not run $command[0]: $!\n";
	}
	local $/ = undef;
	my $text = <$fh>;
	close $fh;
	return $text // '';
}

sub is_there
{
	my ($tool) = @_;
	return grep { -x "$_/$tool" } split /:/, $ENV{PATH};
}

# A case that needs a tool: without it nothing is known, which CI may not pass over.
sub with_tool
{
	my ($tool, $name, $code) = @_;
	return subtest $name, $code if is_there($tool);
	if ($ENV{CI})
	{
		fail("$name: $tool is not installed");
		return;
	}
	diag("SKIPPED, $tool is not installed: $name");
	return subtest $name, sub { plan skip_all => "$tool is not installed" };
}

# ---- what --help says ----

my $overview = output($pgquell, '--help');
my ($list) = $overview =~ /^Commands\b[^\n]*:\n(.*?)\n\n/ms;
my %summary = $list =~ /^  (\S+)\s+(.+)$/mg;
my @commands = sort keys %summary;
my %exits = $overview =~ /^\s+(\d+)  (.+)$/mg;
my %help = map { $_ => output($pgquell, $_, '--help') } @commands;
cmp_ok(scalar @commands, '>=', 7, 'commands are known from --help');
cmp_ok(scalar keys %exits, '>=', 8, 'so are exit statuses');

# General options are on no page of a command's help, and every command takes them.
sub options_of
{
	my ($command) = @_;
	my @options = $help{$command} =~ /^\s+(?:-., )?(--[a-z-]+)/mg;
	return sort @options, '--help', '--version';
}

my %with_choices = (
	'--sort' => 'ps',
	'--scope' => 'stop',
	'--allow' => 'stop',
	'--state' => 'ps');
my %with_file = ('--config' => 'ps', '--audit' => 'stop', '--against' => 'log');

# The words that the program names when it is given another one.
sub choices_of
{
	my ($option) = @_;
	my $said = output($pgquell, $with_choices{$option}, $option, 'no such word');
	my ($words) = $said =~ /(?:It takes one of|States are): (.*)\.$/m;
	return sort split /, /, $words // '';
}

# ---- the manual ----

sub page_of
{
	my ($name) = @_;
	my $text = slurp("$pages/man1/$name.1");
	$text =~ s/\\f.//g;
	$text =~ s/\\-/-/g;
	$text =~ s/\\\(dq/"/g;
	$text =~ s/\\\(aq/'/g;
	$text =~ s/\\\(ti/~/g;
	return $text;
}

sub section_of
{
	my ($page, $title) = @_;
	return $page =~ /^\.SH \Q$title\E\n(.*?)(?=^\.SH|\z)/ms ? $1 : '';
}

subtest 'there is a page for every command, and no other' => sub {
	opendir my $dir, "$pages/man1" or die "could not open $pages/man1: $!\n";
	is_deeply(
		[ sort grep { !/^\./ } readdir $dir ],
		[ sort 'pgquell.1', map { "pgquell-$_.1" } @commands ]);
};

subtest 'the overview names every command, exit status and variable' => sub {
	my $page = page_of('pgquell');
	like(section_of($page, 'COMMANDS'), qr/^\.BR pgquell-\Q$_\E \(1\)$/m, $_) for @commands;
	like(section_of($page, 'EXIT STATUS'), qr/^\.B $_\n\Q@{[substr $exits{$_}, 0, 30]}\E/m, "exit $_")
	  for sort keys %exits;
	my %read;
	for my $file (glob("$here/../../src/*/*.c"))
	{
		$read{$_} = $file for slurp($file) =~ /getenv\("([A-Z0-9_]+)"\)/g;
	}
	cmp_ok(scalar keys %read, '>=', 5, 'variables are read somewhere');
	like(section_of($page, 'ENVIRONMENT'), qr/^\.B .*\b$_\b/m, "$_, read in $read{$_}") for sort keys %read;
};

for my $command (@commands)
{
	subtest "pgquell-$command(1) says what its --help says" => sub {
		my $page = page_of("pgquell-$command");
		my @options = section_of($page, 'OPTIONS') =~ /^(?:-., )?(--[a-z-]+)/mg;
		is_deeply([ sort @options ], [ options_of($command) ], 'the options');
		my $said = join ' ', split ' ', section_of($page, 'NAME');
		is($said, "pgquell-$command - $summary{$command}", 'the summary');
		my ($usage, $details) = $help{$command} =~ /\AUsage: (.*?)\n\n(.*?)(?:\n\n|\n\z)/s;
		is(section_of($page, 'SYNOPSIS'), "$usage\n", 'the synopsis');
		is(join(' ', split ' ', section_of($page, 'DESCRIPTION')),
			join(' ', split ' ', $details), 'the description');
		is(() = section_of($page, 'EXIT STATUS') =~ /^\.B \d+$/mg, keys %exits, 'exit statuses');
	};
}

with_tool 'mandoc', 'mandoc finds nothing to say' => sub {
	is(output('mandoc', '-Tlint', $_), '', $_) for glob("$pages/man1/*.1");
};

with_tool 'man', 'man and lexgrog take every page' => sub {
	for my $page (glob("$pages/man1/*.1"))
	{
		local $ENV{MANWIDTH} = 80;
		my $text = output('man', '--warnings', '-E', 'UTF-8', '-l', $page);
		like($text, qr/^NAME$/m, $page);
		unlike($text, qr/warning|error:/, 'without a warning');
		like(output('lexgrog', $page), qr/: "pgquell[\w-]* - /, 'with a name for apropos');
	}
};

# ---- completion ----

# What the shell offers for each line, sorted.
sub offered
{
	my ($shell, @lines) = @_;
	my $text = output(@{ $scripts{$shell} }, @lines);
	my @answers = split /^--end--\n/m, $text, -1;
	is(pop @answers, '', "$shell said nothing else") or diag($text);
	is(scalar @answers, scalar @lines, "$shell answered") or diag($text);
	return map { [ sort split /\n/ ] } @answers;
}

sub unescaped
{
	my ($words) = @_;
	return [ map { s/\\//gr } @$words ];
}

for my $shell (sort keys %scripts)
{
	with_tool $shell, "$shell: the script can be read" => sub {
		is(output(@{ $checkers{$shell} }), '', 'no complaint');
	};

	with_tool $shell, "$shell offers commands, and the first words of some" => sub {
		my ($all, $st, $after, $help, $log, $done, $none) = offered($shell,
			'pgquell ', 'pgquell st', 'pgquell -wh db1 --port 5432 st', 'pgquell help ',
			'pgquell log ', 'pgquell log show ', 'pgquell nosuchcommand ');
		is_deeply($all, \@commands, 'all');
		is_deeply($st, [ grep { /^st/ } @commands ], 'those that begin so');
		is_deeply($after, $st, 'after options');
		is_deeply($help, \@commands, 'help');
		is_deeply($log, [qw(export list prune show verify)], 'log');
		is_deeply($done, [], 'an ID cannot be known');
		is_deeply($none, [], 'of no command, nothing');
	};

	with_tool $shell, "$shell offers the options that a command takes" => sub {
		my @answers = offered($shell, map { "pgquell $_ --" } @commands);
		is_deeply(shift @answers, [ options_of($_) ], $_) for @commands;
		my ($default) = $overview =~ /^Commands \(without one: (\S+)\):$/m;
		my ($bare, $front, $again, $value, $ended) = offered($shell, 'pgquell --', 'pgquell --pgb',
			'pgquell stop --role a --role', 'pgquell stop --reason --', 'pgquell stop -- --js');
		my %bare = map { $_ => 1 } @$bare;
		ok(!grep({ !$bare{$_} } options_of($default)), "without a command, the options of $default");
		is_deeply($front, ['--pgbouncer'], 'a connection option before the command');
		is_deeply($again, ['--role'], 'one that is there already');
		ok(!grep({ !/^--[a-z-]+\z/ } @$value), 'no file as a reason');
		is_deeply($ended, [], 'none after --') unless $shell eq 'fish';
	};

	with_tool $shell, "$shell offers an option's words" => sub {
		for my $option (sort keys %with_choices)
		{
			my @choices = choices_of($option);
			my $command = $with_choices{$option};
			my $begun = substr $choices[0], 0, 2;
			my ($apart, $joined, $letters) = offered($shell, "pgquell $command $option ",
				"pgquell $command $option=$begun", "pgquell -w $command -q $option $begun");
			cmp_ok(scalar @choices, '>=', 3, "$option names its words");
			is_deeply(unescaped($apart), \@choices, "$option, the next word");
			my @those = grep { /^$begun/ } @choices;
			is_deeply([ map { s/^\Q$option\E=//r } @{ unescaped($joined) } ], \@those, "$option=");
			is_deeply(unescaped($letters), \@those, "$option after letters");
		}
		my ($flag) = offered($shell, 'pgquell log --json ');
		is_deeply($flag, [qw(export list prune show verify)], 'an option without a value has no words');
	};

	with_tool $shell, "$shell offers files where files go" => sub {
		my $folder = File::Temp->newdir;
		for my $name ('one', 'other')
		{
			open my $fh, '>', "$folder/$name.db" or die "could not write $folder/$name.db: $!\n";
			close $fh;
		}
		for my $option (sort keys %with_file)
		{
			my ($apart, $joined) = offered($shell, "pgquell $with_file{$option} $option $folder/o",
				"pgquell $with_file{$option} $option=$folder/on");
			is_deeply([ map { s{.*/}{}r } @$apart ], [ 'one.db', 'other.db' ], $option);
			is_deeply([ map { s{.*/}{}r } @$joined ], ['one.db'], "$option=");
		}
		my ($target, $text) = offered($shell, "pgquell stop $folder/o", "pgquell stop --reason $folder/o");
		is_deeply($target, [], 'a target is no file');
		is_deeply($text, [], 'a reason is none');
	};
}

# On a terminal: readline splits, quotes and inserts in its own way.
subtest 'bash completes at the prompt' => sub {
	if (!eval { require IO::Pty; 1 })
	{
		return fail('IO::Pty is not installed') if $ENV{CI};
		plan skip_all => 'IO::Pty is not installed';
	}
	my $pty = IO::Pty->new;
	my $pid = fork // die "could not fork: $!\n";
	if (!$pid)
	{
		$pty->make_slave_controlling_terminal;
		my $slave = $pty->slave;
		close $pty;
		for ([ \*STDIN, '<&' ], [ \*STDOUT, '>&' ], [ \*STDERR, '>&' ])
		{
			open $_->[0], $_->[1], $slave or die;
		}
		exec 'bash', '--norc', '--noprofile', '-i' or die;
	}
	close $pty->slave;
	my $seen = '';
	my $await = sub {
		my ($pattern) = @_;
		my $deadline = time + 30;
		while ($seen !~ $pattern)
		{
			vec(my $in = '', fileno($pty), 1) = 1;
			last if time > $deadline;
			next unless select $in, undef, undef, 1;
			sysread $pty, $seen, 4096, length $seen or last;
		}
		my $good = like($seen, $pattern, 'at the prompt');
		$seen = '';
		return $good;
	};
	my $type = sub { syswrite $pty, $_[0] };
	# what is typed is shown, so a mark is never typed as it is printed
	# what is typed is shown, so a mark is never typed as it is printed
	my @dialogue = (
		[ "bind 'set enable-bracketed-paste off'; PS1='> '; pgquell() { printf '<%s>' \"\$@\"; echo; }; "
			  . "source $pages/pgquell; echo re''ady\n", qr/ready\r?\n> / ],
		[ "pgquell sto\t--sco\tstat\t\n", qr/^<stop><--scope><statement>/m ],
		[ "pgquell stop --scope=stat\t\n", qr/^<stop><--scope=statement>/m ],
		[ "pgquell ps --state fa\t --wait x --js\t\n",
			qr/^<ps><--state><fastpath function call><--wait><x><--json>/m ],
		[ "pgquell ps --state='idle in transaction (ab\t\n",
			qr/^<ps><--state=idle in transaction \(aborted\)>/m ],
		[ "pgquell log --audit=/etc/pass\t\n", qr{^<log><--audit=/etc/passwd}m ],
		[ "pgquell -d postgresql://h:5432/db log ver\t\n",
			qr{^<-d><postgresql://h:5432/db><log><verify>}m ]);
	for my $part (@dialogue)
	{
		syswrite $pty, $part->[0];
		last unless $await->($part->[1]);
	}
	kill 'KILL', $pid;
	waitpid $pid, 0;
};

done_testing();
