# Functions of the generated launcher; shell-launcher.ts puts an image's own part behind them. Shells it must work in: dash,
# bash, busybox. Its own names begin with `portside_` and are never exported. Facts and order: cnb.md §7.1.

portside_fail() {
  printf 'ERROR: failed to launch: %s\n' "$1" >&2
  exit "${2:-82}"
}

# What the image says of itself is not the program's business; the launcher and the links are not on its PATH.
portside_clean_environment() {
  [ -z "${CNB_PROCESS_TYPE-}" ] ||
    printf 'Warning: CNB_PROCESS_TYPE is not supported; use the entrypoint /cnb/process/TYPE\n' >&2
  case ${CNB_PLATFORM_API-0.14} in
    0.1[0-5]) ;;
    *) portside_fail "platform API version '$CNB_PLATFORM_API' is incompatible with the lifecycle" 11 ;;
  esac
  portside_names=${PORTSIDE_CONFIG_VARS-}
  unset CNB_LAYERS_DIR CNB_APP_DIR CNB_PROCESS_TYPE CNB_PLATFORM_API CNB_DEPRECATION_MODE PORTSIDE_CONFIG_VARS
  portside_rest=${PATH-}:
  portside_path=
  while [ -n "$portside_rest" ]; do
    portside_one=${portside_rest%%:*}
    portside_rest=${portside_rest#*:}
    case $portside_one in
      /cnb/process | /cnb/lifecycle) ;;
      *) portside_path=$portside_path:$portside_one ;;
    esac
  done
  PATH=${portside_path#:}
  export PATH
}

# An engine names the app's own variables in PORTSIDE_CONFIG_VARS: they win over the layers' (contract §4). $1: keep, restore.
portside_config_vars() {
  set -f
  for portside_name in $portside_names; do
    case $portside_name in
      '' | [0-9]* | *[!A-Za-z0-9_]* | PATH | LD_LIBRARY_PATH) continue ;;
    esac
    case $1 in
      keep) eval "portside_kept_$portside_name=\${$portside_name-}" ;;
      restore) eval "$portside_name=\$portside_kept_$portside_name; export $portside_name" ;;
    esac
  done
  set +f
}

# Runs an exec.d program: what it writes to file descriptor 3 becomes variables. $1: the program, $2: its awk.
portside_exec_d() {
  {
    portside_said=$("$1" 3>&1 >&4 4>&-) || portside_fail "exec.d: failed to execute exec.d file at path '$1': exit status $?"
  } 4>&1
  [ -n "$portside_said" ] || return 0
  portside_said=$(printf '%s\n' "$portside_said" | LC_ALL=C "$2" "$portside_toml") ||
    portside_fail "exec.d: failed to decode output of exec.d file at path '$1': $portside_said"
  eval "$portside_said"
}

# TOML `key = "value"` lines → shell assignments with every value in single quotes; anything else is an error.
portside_toml='
function bad(what) { print "line " line ": " what; exit 1 }
function peek() { return substr(text, at, 1) }
function blanks() { while (peek() == " " || peek() == "\t") at++ }
function line_end() {
  blanks()
  if (peek() == "#") while (peek() != "\n" && at <= size) at++
  if (peek() == "\r") at++
  if (at <= size && peek() != "\n") bad("more than a key and a string")
  at++; line++
}
function bare(  start) {
  start = at
  while (peek() ~ /[A-Za-z0-9_-]/) at++
  if (start == at) bad("no key")
  return substr(text, start, at - start)
}
function utf8(hex,  code, digit) {
  code = 0
  for (digit = 1; digit <= length(hex); digit++) {
    if (!index("0123456789abcdef", tolower(substr(hex, digit, 1)))) bad("a bad escape")
    code = code * 16 + index("0123456789abcdef", tolower(substr(hex, digit, 1))) - 1
  }
  if (code == 0 || code > 1114111 || (code >= 55296 && code <= 57343)) bad("a bad escape")
  if (code < 128) return sprintf("%c", code)
  if (code < 2048) return sprintf("%c%c", 192 + int(code / 64), 128 + code % 64)
  if (code < 65536) return sprintf("%c%c%c", 224 + int(code / 4096), 128 + int(code / 64) % 64, 128 + code % 64)
  return sprintf("%c%c%c%c", 240 + int(code / 262144), 128 + int(code / 4096) % 64, 128 + int(code / 64) % 64, 128 + code % 64)
}
function escape(multi,  sign, width) {
  at++; sign = peek(); at++
  if (sign == "n") return "\n"
  if (sign == "t") return "\t"
  if (sign == "r") return "\r"
  if (sign == "b") return "\b"
  if (sign == "f") return "\f"
  if (sign == "e") return "\033"
  if (sign == "\"" || sign == "\\") return sign
  width = sign == "u" ? 4 : sign == "U" ? 8 : 0
  if (width && at + width <= size) { at += width; return utf8(substr(text, at - width, width)) }
  if (multi && sign ~ /[ \t\r\n]/) {
    at--
    while (peek() == " " || peek() == "\t" || peek() == "\r") at++
    if (peek() != "\n") bad("a bad escape")
    while (peek() ~ /[ \t\r\n]/) { if (peek() == "\n") line++; at++ }
    return ""
  }
  bad("a bad escape")
}
function string(quote,  multi, value) {
  multi = substr(text, at, 3) == quote quote quote
  at += multi ? 3 : 1
  if (multi && peek() == "\r") at++
  if (multi && peek() == "\n") { at++; line++ }
  value = ""
  while (at <= size) {
    if (!multi && peek() == quote) { at++; return value }
    if (multi && substr(text, at, 3) == quote quote quote) {
      at += 3
      while (peek() == quote && extra < 2) { value = value quote; at++; extra++ }
      extra = 0
      return value
    }
    if (peek() == "\n") { if (!multi) break; line++ }
    if (quote == "\"" && peek() == "\\") { value = value escape(multi) }
    else { value = value peek(); at++ }
  }
  bad("a string without its end")
}
function quoted(value,  parts, count, part, result) {
  count = split(value, parts, apostrophe)
  result = apostrophe parts[1]
  for (part = 2; part <= count; part++) result = result apostrophe "\\" apostrophe apostrophe parts[part]
  return result apostrophe
}
BEGIN { apostrophe = sprintf("%c", 39); text = ""; line = 1; extra = 0 }
{ text = text $0 "\n" }
END {
  at = 1; size = length(text); out = ""
  while (at <= size) {
    blanks()
    if (peek() == "#" || peek() == "\n" || peek() == "\r" || at > size) { line_end(); continue }
    key = peek() == "\"" || peek() == apostrophe ? string(peek()) : bare()
    if (key !~ /^[A-Za-z_][A-Za-z0-9_]*$/) bad("a key that no variable can have")
    if (key in seen) bad("a key for the second time")
    seen[key] = 1
    blanks(); if (peek() != "=") bad("no = behind the key"); at++; blanks()
    if (peek() != "\"" && peek() != apostrophe) bad("not a string")
    value = string(peek())
    line_end()
    out = out key "=" quoted(value) "; export " key "\n"
  }
  printf "%s", out
}
'
