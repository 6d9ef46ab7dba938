"""A machine that one may log in to: its key is checked, Kinora's own files are put there, and a node is started."""

from engine.hosts.ssh.connection import introduce
from engine.hosts.ssh.opener import SshOpener, wipe
from engine.hosts.ssh.trial import check

__all__ = ["SshOpener", "check", "introduce", "wipe"]
