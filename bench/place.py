"""Where and of what a figure was measured: it stands beside the figure."""

import os
import pathlib
import platform
import subprocess

SOURCE = pathlib.Path(__file__).resolve().parents[1]


def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo")
                  if line.startswith("model name")), platform.machine())
    return f"{os.cpu_count()} x {model}, Linux {platform.release()}"


def commit():
    """Without git, or in a release, there is none to tell."""
    try:
        out = subprocess.run(
            ["git", "-C", SOURCE, "describe", "--always", "--dirty"],
            text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    except FileNotFoundError:
        return "no git"
    return out.stdout.strip() or "no git"
