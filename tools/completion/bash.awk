# bash.awk - lines of ./tables as a completion for bash, from 3.2 on; bash-completion is not needed
#
# In a command line that is being completed, "=", ":" and "@" are words of their own, as a rule: words are put together
# again, and what stands up to the last of them is taken off the answers.

BEGIN {
	FS = "\t"
}

function quote(text) {
	gsub(/'/, "'\\''", text)
	return "'" text "'"
}

function either(a, b) {
	return a != "-" ? "-" a "|--" b : "--" b
}

$1 == "tool" {
	tool = $2
	name = $2
	gsub(/-/, "_", name)
}

$1 == "command" {
	order[++n] = $2
	operand[$2] = $3
	if ($2 != "-") commands = commands (commands == "" ? "" : " ") $2
}

$1 == "option" {
	options[$2] = options[$2] (options[$2] == "" ? "" : " ") "--" $4
	if ($6 == "-") next
	optional = $6 ~ /^\[/
	pattern = optional ? "--" $4 "=" : either($3, $4)
	gsub(/[|]/, "|" $2 " ", pattern)
	# a value behind "=", or in the next word
	gsub(/ /, "\\ ", pattern)
	cases = cases "\t\t" $2 "\\ " pattern ") kind=" $5 ($7 == "-" ? "" : " words_of=" quote($7)) " ;;\n"
}

END {
	print "# bash completion of " tool ", made of its help"
	print ""
	print "_" name "_table()"
	print "{"
	print "\tcase $1 in"
	for (i = 1; i <= n; i++)
		print "\t\t" order[i] ") options=" quote(options[order[i]]) " operand=" operand[order[i]] " ;;"
	print "\tesac"
	print "\tcase $1\\ $2 in"
	printf "%s", cases
	print "\tesac"
	print "}"
	print ""
	while ((getline line < body) > 0) {
		gsub(/@NAME@/, name, line)
		gsub(/@TOOL@/, tool, line)
		gsub(/@COMMANDS@/, commands, line)
		print line
	}
}
