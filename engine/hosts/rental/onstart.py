"""What a rented machine does by itself when it starts: lets us in, tells its host key, and ends itself in time.

Nothing there depends on this computer being awake. The hard stop is counted by the machine's uptime, which nobody can
set, over all its starts; it is also over when for a while neither bytes came through an SSH session that was let in nor
its heartbeat file was touched.
"""

import base64
import binascii
import gzip
import re
import shlex
from dataclasses import dataclass

MARK = "KINORA-HOST-KEY"  # before each host key in what the machine prints
FOLDER = "/root/.kinora-rental"  # touching `beat` in it says that somebody is there
IDLE = 900.0  # seconds
MOST = 4048  # characters that Vast takes, by its documentation
KINDS = ("ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa")
LINE = re.compile(rf"{MARK} (\S+) ([A-Za-z0-9+/]+={{0,2}})")
KEY = re.compile(r"(ssh|ecdsa)-[a-z0-9-]+ [A-Za-z0-9+/]+={0,2}")


@dataclass(frozen=True, slots=True)
class Itself:
    """How a machine asks its provider to destroy it: the variables with its number and its key, and the address.

    The address is what stands before and after the number.
    """

    number: str
    key: str
    before: str
    after: str = ""
    otherwise: str = "false"  # a command that does the same; $i is the number


@dataclass(frozen=True, slots=True)
class Place:
    """Where things are on the machine; tests put others in their place. Times in seconds."""

    home: str = "/root"
    folder: str = FOLDER
    environ: str = "/proc/1/environ"  # an SSH session does not inherit what the container was given
    uptime: str = "/proc/uptime"
    proc: str = "/proc"
    log: str = "/proc/1/fd/1"  # what the provider shows
    host_keys: str = "/etc/ssh/ssh_host_*_key.pub"
    tick: float = 20.0
    again: float = 30.0  # between two tries to destroy itself
    off: str = "poweroff -f; kill -TERM 1"  # after three tries
    prepare: str = (
        "command -v ssh-keygen && ssh-keygen -A; python3 -c 'import ensurepip' && command -v curl || "
        "{ apt-get update && DEBIAN_FRONTEND=noninteractive "
        "apt-get install -y --no-install-recommends python3 python3-venv curl; }"
    )


WATCH = r"""up() { cut -d' ' -f1 @uptime@ 2>/dev/null | tr -d . | sed 's/^0*//'; }  # 0.08 is no octal number
var() { tr '\0' '\n' <@environ@ 2>/dev/null | sed -n "s/^$1=//p" | head -n 1; }
tell() { echo "$1"; echo "$1" >>@log@; }
keys() { cut -d' ' -f1,2 @host_keys@ | sort | sed 's/^/@mark@ /'; }
seen() {
  stat -c %y "$D/beat"
  for p in @proc@/[0-9]*; do
    c=; IFS= read -r c <"$p/cmdline"
    case $c in sshd*:\ *@*) echo "$p"; grep rchar "$p/io";; esac
  done
}
gone() {
  i=$(var @number@); i=${i#C.}; k=$(var @key@); u=@before@$i@after@
  [ -n "$i" ] || return 1
  if command -v curl; then
    printf 'header = "Authorization: Bearer %s"\n' "$k" |
      curl -fsS -m 30 -X DELETE -H 'Content-Type: application/json' -d '{}' -K - "$u" && return
  fi
  if command -v python3; then
    k=$k u=$u python3 -S -c 'import os; from urllib.request import Request, urlopen
head = {"Authorization": "Bearer " + os.environ["k"]}
urlopen(Request(os.environ["u"], method="DELETE", headers=head), timeout=30)' && return
  fi
  wget -q -O - --method=DELETE --header="Authorization: Bearer $k" "$u" && return
  @otherwise@
}
bye() {
  tell "KINORA-END $1"
  rm -rf @home@/.kinora-node
  n=0
  while :; do
    gone >/dev/null 2>&1 && tell "KINORA-GONE"
    n=$((n + 1)); [ $n -ge 3 ] && { @off@; } >/dev/null 2>&1
    sleep @again@
  done
}
last=$(up); idle=0; h=; told=; was=$(seen 2>/dev/null); used=$(cat "$D/used" 2>/dev/null)
case $used in ''|*[!0-9]*) used=0;; esac
while :; do
  now=$(up); [ -n "$now" ] || now=$((last + @ticks@))
  d=$((now - last)); last=$now; [ $d -ge 0 ] || d=0
  used=$((used + d)); echo $used >"$D/used.new" && mv "$D/used.new" "$D/used"
  is=$(seen 2>/dev/null)
  if [ "$is" = "$was" ]; then idle=$((idle + d)); else was=$is; idle=0; fi
  [ -f "$D/ready" ] && h=$(keys 2>/dev/null); [ "$h" = "$told" ] || { told=$h; tell "$h"; }
  [ $used -lt @seconds@ ] || bye "its hard stop"
  [ $idle -lt @idle@ ] || bye "nobody was there"
  sleep @tick@
done
"""

START = r"""umask 077
D=@folder@ K=@public@
mkdir -p "$D" @home@/.ssh
grep -qF "$K" @home@/.ssh/authorized_keys 2>/dev/null || echo "$K" >>@home@/.ssh/authorized_keys
[ -f "$D/pid" ] && grep -q kinora-watch "/proc/$(cat "$D/pid")/cmdline" 2>/dev/null && kill "$(cat "$D/pid")"
cat >"$D/kinora-watch" <<'KINORA'
D=@folder@
@watch@KINORA
@detached@ sh "$D/kinora-watch" </dev/null >>"$D/log" 2>&1 &
echo $! >"$D/pid"
@detached@ sh -c @prepare@'; : >"$0"' "$D/ready" </dev/null >/dev/null 2>&1 &
"""


def script(public: str, seconds: float, itself: Itself, *, idle: float = IDLE, place: Place | None = None) -> str:
    """The script for one machine: let in a key, and end after so many seconds, or so many without anybody.

    Raises:
        ValueError: that is no public SSH key.
    """
    known = " ".join(public.split()[:2])
    if not KEY.fullmatch(known):
        raise ValueError("no public SSH key")
    place = place or Place()
    quoted = {
        "home": place.home, "folder": place.folder, "environ": place.environ, "uptime": place.uptime,
        "proc": place.proc, "log": place.log, "public": known, "number": itself.number, "key": itself.key,
        "before": itself.before, "after": itself.after, "prepare": place.prepare,
    }  # fmt: skip
    plain = {
        "mark": MARK, "host_keys": place.host_keys, "otherwise": itself.otherwise, "off": place.off,
        "again": f"{place.again:g}", "tick": f"{place.tick:g}", "ticks": f"{place.tick * 100:.0f}",
        "seconds": f"{seconds * 100:.0f}", "idle": f"{idle * 100:.0f}",
        "detached": "setsid nohup",
    }  # fmt: skip
    values = {**{name: shlex.quote(value) for name, value in quoted.items()}, **plain}
    return _fill(START, {**values, "watch": _fill(WATCH, values)})


def packed(text: str) -> str:
    """A script that fits where only so many characters are taken: as it is, or as one line that unpacks it."""
    if len(text) <= MOST:
        return text
    told = base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode("ascii")
    line = f"echo {told} | base64 -d | gzip -d | sh"
    if len(line) > MOST:
        raise ValueError("the script is too long")
    return line


def host_key_from(logs: str) -> str | None:
    """The host key that a machine printed ("ssh-ed25519 AAAA..."), None where it is not there yet.

    After a restart there may be several; the last one of the best kind is right.
    """
    found: dict[str, str] = {}
    for line in logs.splitlines():
        match = LINE.search(line)
        if match and match[1] in KINDS and _is(match[1], match[2]):
            found[match[1]] = f"{match[1]} {match[2]}"
    return next((found[kind] for kind in KINDS if kind in found), None)


def _is(kind: str, blob: str) -> bool:
    """Whether a blob says of itself that it is a key of this kind (RFC 4253, 6.6)."""
    try:
        raw = base64.b64decode(blob, validate=True)
    except binascii.Error:
        return False
    size = int.from_bytes(raw[:4], "big")
    return raw[4 : 4 + size] == kind.encode("ascii") and len(raw) > 4 + size


def _fill(template: str, values: dict[str, str]) -> str:
    return re.sub(r"@([a-z_]+)@", lambda match: values[match[1]], template)
