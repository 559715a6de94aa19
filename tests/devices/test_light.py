"""The window must not pay for devices that nobody uses: their libraries load with the first picture."""

from __future__ import annotations

import subprocess
import sys


def test_the_window_loads_no_library_for_pictures() -> None:
    code = (
        "import sys, views.station; "
        "print([m for m in ('cv2', 'img2pdf', 'pikepdf', 'zxingcpp', 'PyQt6.QtMultimedia') "
        "if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
