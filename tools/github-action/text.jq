# What others have written, as text for people: no control characters, nothing that turns the direction of writing or is
# not seen, and no more than so many characters.
def plain($max):
  if type == "string" then . else tojson end
  | gsub("[\\x{0}-\\x{1f}\\x{7f}-\\x{9f}]+"; " ")
  | gsub("[\\x{200b}-\\x{200f}\\x{2028}-\\x{202e}\\x{2060}-\\x{206f}\\x{feff}]"; "\ufffd")
  | if length > $max then .[:$max] + "…" else . end;

# Commands of the runner: what comes behind the second pair of colons, and a property before it.
def data: gsub("%"; "%25") | gsub("\r"; "%0D") | gsub("\n"; "%0A");
def property: data | gsub(":"; "%3A") | gsub(","; "%2C");

# Markdown: letters, digits and few others are what they are everywhere, and all else is spelled by its number, so that
# it is neither Markdown, nor HTML, nor an address that becomes a link, nor a mention.
def markdown:
  [explode[]
    | if . > 127 or (. >= 48 and . <= 57) or (. >= 65 and . <= 90) or (. >= 97 and . <= 122) or . == 32 or . == 45 or . == 47
      then [.] | implode else "&#\(.);" end]
  | join("");

# The host that a delivery went to, or the name of the secret that says so.
def host: (.queue // (.url | capture("^https?://(?<host>[^/?#]*)").host) // .url // "") | plain(100);

# What went wrong, in a line.
def failure:
  [(.artifact_version_string // .event_id // "" | plain(200)),
    "to \(host):",
    (.error.text // .reason // "unknown" | plain(500)),
    "(\(.attempts // 0) attempts)"]
  | join(" ");
