# SPDX-License-Identifier: PostgreSQL
# What fish offers at the end of each line, a candidate a line, after each "--end--".
# usage: fish complete.fish SCRIPT LINE...
source $argv[1]
or exit 1
for line in $argv[2..-1]
    complete -C $line | string replace -r '\t.*' ''
    echo -- --end--
end
