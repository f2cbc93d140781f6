# coverage.awk - a table of what gcov -n says of each source file, and the sum
#
# Headers are left out: gcov tells of them once for each file that includes them.

/^File '/ {
	file = substr($0, 7, length($0) - 7)
	is_ours = file ~ /^(common|tools)\/[^\/]*\.c$/
}

/^Lines executed:/ && is_ours {
	split($0, part, /[:% ]+/) # Lines executed PERCENT of LINES
	if (count == 0)
		printf "%-32s %7s %7s\n", "file", "lines", "run"
	printf "%-32s %7d %6.1f%%\n", file, part[5], part[3]
	count++
	lines += part[5]
	run += part[5] * part[3] / 100
	is_ours = 0
}

END {
	if (count == 0) {
		print "coverage: gcov said nothing; is build-cov/ there?"
		exit 1
	}
	printf "%-32s %7d %6.1f%%\n", count " files", lines, 100 * run / lines
}
