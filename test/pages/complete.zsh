# SPDX-License-Identifier: PostgreSQL
# What zsh offers at the end of each line, a candidate a line, after each "--end--". Completion needs a
# line editor, so a second zsh runs on a terminal of its own, and its compadd also writes to a file.
# usage: zsh -f complete.zsh SCRIPT LINE...
zmodload zsh/zpty || exit 1
typeset folder=$(mktemp -d) chunk line
typeset found=$folder/found setup=$folder/setup
trap 'rm -rf $folder' EXIT
touch $found
cat >$setup <<END
PS1=
fpath=(${(q)1:h} \$fpath)
autoload -U compinit
compinit -D -u
compadd() {
    local -a hits
    if [[ " \${(j: :)@[1,(i)(-|--)]} " != *" -"[OAD]" "* ]]; then
        builtin compadd -A hits "\$@"
        (( \$#hits )) && print -rl -- \$hits >>${(q)found}
    fi
    builtin compadd "\$@"
}
complete-and-clear() {
    zle complete-word
    print -- --end-- >>${(q)found}
    BUFFER=
}
zle -N complete-and-clear
bindkey '^I' complete-and-clear
LISTMAX=1000
print -- --ready-- >>${(q)found}
END

# await COUNT MARK: until the file has so many of them
await() {
    integer until=$((SECONDS + 30))
    while (( $(grep -cxFe $2 $found) < $1 )); do
        (( SECONDS < until )) || { print "timed out waiting for zsh" >&2; exit 1 }
        zpty -r -t shell chunk
        sleep 0.01
    done
}

zpty shell "zsh -f -i"
zpty -w shell "source ${(q)setup}"
await 1 --ready--
integer count=0
for line in "${@[2,-1]}"; do
    (( count++ ))
    zpty -w -n shell "$line"$'\t'
    await $count --end--
done
grep -vxFe --ready-- $found
zpty -d shell
