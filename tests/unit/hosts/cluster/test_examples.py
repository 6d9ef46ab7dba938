"""The examples of docs/cluster.md, as far as they go without other machines."""

import re
import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parents[4] / "docs" / "cluster.md"


def test_what_the_example_of_ssh_machines_sets_makes_dask_speak_tls() -> None:
    examples: list[str] = re.findall(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    sets, _, _ = next(one for one in examples if "SSHCluster(" in one).partition("cluster = ")
    shown = "from distributed.security import Security\nprint(Security().get_tls_config_for_role('worker'))"
    done = subprocess.run([sys.executable, "-c", sets + shown], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "/etc/kinora/member.key" in done.stdout
