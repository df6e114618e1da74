# SPDX-License-Identifier: PostgreSQL
# What bash offers at the end of each line, a candidate a line, after each "--end--".
# usage: bash complete.bash SCRIPT LINE...    (LINE's words have single spaces and no quotes)
source "$1" || exit 1
shift
function_name=$(complete -p pgquell | sed -n 's/.* -F \([^ ]*\) .*/\1/p')
for line; do
    COMP_LINE=$line
    COMP_POINT=${#line}
    COMP_WORDS=()
    for word in $line; do
        # as readline does: = and : end words and are words
        while [[ $word == *[=:]* ]]; do
            before=${word%%[=:]*}
            [[ $before ]] && COMP_WORDS+=("$before")
            word=${word#"$before"}
            COMP_WORDS+=("${word:0:1}")
            word=${word:1}
        done
        [[ $word ]] && COMP_WORDS+=("$word")
    done
    [[ $line == *' ' ]] && COMP_WORDS+=('')
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    COMPREPLY=()
    "$function_name" pgquell
    for candidate in "${COMPREPLY[@]}"; do
        printf '%s\n' "$candidate"
    done
    echo --end--
done
