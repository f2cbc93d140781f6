#!/usr/bin/env zsh
#
# complete.zsh - complete command lines in a shell on a terminal, as people do
#
# usage: tests/complete.zsh bash|zsh|fish DIRECTORY <LINES
#
# DIRECTORY holds the completions of that shell. A line of standard output for each one of standard input: what it has
# become when all completions are put in. A line that there is nothing for stays as it is.

emulate -R zsh
zmodload zsh/zpty || exit 2

shell=$1 directory=$2
mark=$'\x1e' # begins and ends what the shell says of a line

start_bash() {
	print -r -- "
		PS1= PS2= HISTFILE=
		for file in ${(q)directory}/*; do . \"\$file\"; done
		say() { printf '${mark}%s${mark}' \"\$READLINE_LINE\"; READLINE_LINE= READLINE_POINT=0; }
		bind 'set enable-bracketed-paste off' 'set bell-style none'
		bind -x '\"\\C-xw\": say'
		bind '\"\\C-xa\": insert-completions'" >$TMPDIR/bashrc
	zpty terminal "TERM=dumb bash --noprofile --rcfile ${(q)TMPDIR}/bashrc -i"
}

start_zsh() {
	print -r -- "
		PS1= PS2= RPS1= HISTFILE=
		unsetopt zle_bracketed_paste beep prompt_sp 2>/dev/null
		fpath=(${(q)directory} \$fpath)
		autoload -Uz compinit && compinit -D -u
		insert_all() { compstate[insert]=all compstate[list]= }
		complete_all() { comppostfuncs=(insert_all); zle complete-word }
		say() { print -rn -- '$mark'\$BUFFER'$mark'; BUFFER= }
		zle -N complete_all; zle -N say
		bindkey -e; bindkey '^Xa' complete_all; bindkey '^Xw' say" >$TMPDIR/.zshrc
	zpty terminal "TERM=dumb ZDOTDIR=${(q)TMPDIR} zsh -d -i"
}

start_$shell || exit 2
while IFS= read -r line; do
	zpty -w -n terminal "$line"$'\C-xa\C-xw'
	zpty -r -m terminal answer "*$mark*$mark" || exit 1
	answer=${answer%$mark*}
	print -r -- ${answer##*$mark}
done
zpty -d terminal
