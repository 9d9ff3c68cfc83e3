"""`python -m lcnnc` is `lcnnc`."""

import subprocess
import sys

from ._program import find_lcnnc

if __name__ == "__main__":
    try:
        sys.exit(subprocess.run([find_lcnnc(), *sys.argv[1:]]).returncode)
    except KeyboardInterrupt:
        sys.exit(130)
