"""PDF for print, by LibreOffice where it is installed.

The conversion needs files.  They lie in a folder that only this user may open and are gone when it is
over, whatever happens; LibreOffice gets a settings folder in there too, so that no list of recent files stays.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from models.errors import KnownError

_SECONDS_AT_LEAST, _SECONDS_EACH = 120, 10


def converter() -> str | None:
    """The program that makes PDFs on this machine, None where there is none."""
    return shutil.which("soffice") or shutil.which("libreoffice")


def to_pdfs(documents: Mapping[str, bytes], suffix: str = ".docx") -> dict[str, bytes]:
    """The PDFs of several documents of one kind by the same keys, which never become file names.

    Raises KnownError where no converter is installed or one of them did not come out.
    """
    if not documents:
        return {}
    program = converter()
    if program is None:
        raise KnownError(
            "本机没有装 LibreOffice，做不成 PDF。Word 文书照常可用。请用 Word 打开打印，或者装上 LibreOffice。"
        )
    with TemporaryDirectory(prefix="thb-") as made:  # made with 0700
        folder = Path(made)
        names = {key: f"{place:05d}" for place, key in enumerate(documents)}
        for key, data in documents.items():
            (folder / f"{names[key]}{suffix}").write_bytes(data)
        call = [program, f"-env:UserInstallation={(folder / 'settings').as_uri()}", "--headless"]
        call += ["--convert-to", "pdf", "--outdir", str(folder)]
        call += [str(folder / f"{name}{suffix}") for name in names.values()]
        try:
            limit = _SECONDS_AT_LEAST + _SECONDS_EACH * len(documents)
            subprocess.run(call, check=True, capture_output=True, timeout=limit)
            return {key: (folder / f"{name}.pdf").read_bytes() for key, name in names.items()}
        except (OSError, subprocess.SubprocessError) as error:
            raise KnownError(
                "LibreOffice 没有把文书转成 PDF。Word 文书照常可用，没有改动。请用 Word 打开打印，或者再试一次。",
                detail=type(error).__name__,
            ) from error


def to_pdf(document: bytes, suffix: str = ".docx") -> bytes:
    """The PDF of one document; see :func:`to_pdfs`."""
    return to_pdfs({"": document}, suffix)[""]
