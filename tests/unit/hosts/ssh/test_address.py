import pytest

from engine.errors import HostError
from engine.hosts.ssh.address import Address, parse

GOOD = {
    "ssh://user@box:22": Address("box", "user", 22),
    "user@box": Address("box", "user"),
    "user@box:2222": Address("box", "user", 2222),
    "box": Address("box"),
    "My-Box.local": Address("My-Box.local"),
    "  ssh user@box -p 2222 ": Address("box", "user", 2222),
    "ssh -p2222 user@box": Address("box", "user", 2222),
    "ssh -i ~/.ssh/id_gpu -l me box": Address("box", "me", 0, "~/.ssh/id_gpu"),
    "ssh -p 41022 root@ssh4.vast.ai -L 8080:localhost:8080": Address("ssh4.vast.ai", "root", 41022),
    "ssh -o StrictHostKeyChecking=no -tt me@10.0.0.2": Address("10.0.0.2", "me"),
    "ssh ssh://me@box:99": Address("box", "me", 99),
    "me@[fe80::1]:2200": Address("fe80::1", "me", 2200),
    "me@fe80::1": Address("fe80::1", "me"),
    "ssh://me@[::1]:2200": Address("::1", "me", 2200),
    "ssh://me@box?identity=/keys/a%20b": Address("box", "me", 0, "/keys/a b"),
    "ssh://domain%5Cme@box": Address("box", "domain\\me"),
}
BAD = (
    "", "ssh://", "ssh -v", "ssh user@box rm -rf /", "-oProxyCommand=evil", "ssh -- -oProxyCommand=evil",
    "user@-box", "me@box:port", "me@box:99999", "ssh -p x me@box", "ssh -p", "ssh -J jump me@box", "a b@box",
    "me@box\nevil", "ssh://me:secret@box", "ssh://me@box/path", "ssh me@box 'unfinished", "ssh://me@box:99999999",
    "me@box;reboot", "$(id)@box", "me@box:22:22:x",
)  # fmt: skip


@pytest.mark.parametrize("text", GOOD)
def test_addresses_are_read_as_people_paste_them(text: str) -> None:
    assert parse(text) == GOOD[text]


@pytest.mark.parametrize("text", GOOD)
def test_what_is_kept_means_the_same(text: str) -> None:
    found = parse(text)
    assert parse(found.text) == found


@pytest.mark.parametrize("text", BAD)
def test_what_is_no_address_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(HostError) as raised:
        parse(text)
    assert raised.value.text
    assert raised.value.hint


def test_a_name_for_people_leaves_out_what_is_usual() -> None:
    assert parse("ssh://me@box:22").name == "me@box"
    assert parse("me@box:2222").name == "me@box:2222"
    assert parse("me@[::1]:2222").name == "me@[::1]:2222"
    assert parse("me@box:22").typed == "me@box"
    assert parse("box:2222").typed == "-p 2222 box"
