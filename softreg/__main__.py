"""``python -m softreg`` is ``softreg``."""

from softreg.cli import main

if __name__ == "__main__":
    main()
