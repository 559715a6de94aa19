"""What a file given as a blank form or sample is by its content, and why it may not go to the desks.

A form is printed and handed out on sticks to whoever asks.  So nothing in it may run, and nothing of it may
be fetched from elsewhere when it is opened.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from xml.etree.ElementTree import ParseError, fromstring

from models.domain.forms import ENDINGS, ending_of

_OFFICE = {"word/document.xml": ENDINGS["docx"], "xl/workbook.xml": ENDINGS["xlsx"]}
_MAGIC = (
    (b"%PDF-", ENDINGS["pdf"]),
    (b"\xff\xd8\xff", ENDINGS["jpg"]),
    (b"\x89PNG\r\n\x1a\n", ENDINGS["png"]),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_WORD_STREAM = "WordDocument".encode("utf-16-le")  # how an OLE folder names what makes it a .doc
_VBA = "_VBA_PROJECT".encode("utf-16-le")
_MOST_UNPACKED = 200 * 1024 * 1024
_MOST_PART = 4 * 1024 * 1024
_RUNS = re.compile(r"(?i)(vbaproject\.bin|vbadata\.xml|oleobject\d*\.bin|/activex/.*|/macrosheets/.*)$")
_OWN_DISK = re.compile(r"(?i)(file:/*)?[a-z]:[\\/]")  # where the writer's own template lay; asks nobody
_PDF_RUNS = re.compile(rb"/(JavaScript|JS|Launch|EmbeddedFiles?|RichMedia)\b")
_PDF_OBJECTS = re.compile(rb"/ObjStm\b.{0,400}?stream\r?\n", re.DOTALL)

_UNREADABLE = (ValueError, NotImplementedError, RuntimeError, EOFError, OSError)

RUNS = "里面有宏、脚本或者嵌入的程序，没有添加。请去掉后另存一份"
FETCHES = "打开时会到别处取内容，没有添加。请把外面的图片、模板放进文件里另存一份"
TOO_LARGE = "解开以后太大，没有添加"


def form_media(data: bytes) -> str:
    """The media type by content: PDF, Word, Excel (.xlsx), JPEG or PNG; "" for anything else."""
    for magic, media in _MAGIC:
        if data.startswith(magic):
            return media
    if data.startswith(_OLE) and _WORD_STREAM in data:
        return ENDINGS["doc"]
    if data.startswith(b"PK\x03\x04"):
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as parts:
                inside = set(parts.namelist())
        except (zipfile.BadZipFile, ValueError, NotImplementedError):
            return ""
        return next((media for part, media in _OFFICE.items() if part in inside), "")
    return ""


def content_objection(name: str, data: bytes) -> str:
    """Why these bytes may not be kept under this name; "" when they may."""
    media = form_media(data)
    if not media:
        return "内容不是 PDF、Word、Excel（xlsx）、JPG 或者 PNG，没有添加"
    if ENDINGS.get(ending_of(name)) != media:
        return "内容和文件名的结尾不一样，没有添加，请核对是不是放错了文件"
    if media == ENDINGS["pdf"]:
        return RUNS if _pdf_runs(data) else ""
    if media == ENDINGS["doc"]:
        return RUNS if _VBA in data else ""
    return _office_objection(data) if media in _OFFICE.values() else ""


def _office_objection(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            inside = parts.infolist()
            if sum(part.file_size for part in inside) > _MOST_UNPACKED:
                return TOO_LARGE
            if any(_RUNS.search("/" + part.filename) for part in inside):
                return RUNS
            for part in inside:
                told = part.filename.endswith(".rels") or part.filename == "[Content_Types].xml"
                if told and part.file_size > _MOST_PART:
                    return TOO_LARGE
                if part.filename == "[Content_Types].xml" and b"macroEnabled" in parts.read(part):
                    return RUNS
                if part.filename.endswith(".rels") and _fetches(parts.read(part)):
                    return FETCHES
    except (zipfile.BadZipFile, zlib.error, ParseError, *_UNREADABLE):
        return "文件坏了，打不开，没有添加"
    return ""


def _fetches(relations: bytes) -> bool:
    """Whether one of them leads out of the file.  A link that somebody must click does not."""
    return any(
        one.get("TargetMode") == "External"
        and not one.get("Type", "").endswith("/hyperlink")
        and not _OWN_DISK.match(one.get("Target", ""))
        for one in fromstring(relations)
    )


def _pdf_runs(data: bytes) -> bool:
    """As far as it stands there in clear or in packed objects; nothing is run here to find out."""
    if _PDF_RUNS.search(data):
        return True
    left = _MOST_UNPACKED
    for found in _PDF_OBJECTS.finditer(data):
        try:
            packed = data[found.end() : data.find(b"endstream", found.end())]
            inside = zlib.decompressobj().decompress(packed, min(left, _MOST_PART))
        except zlib.error:
            continue
        left -= len(inside)
        if _PDF_RUNS.search(inside):
            return True
        if left <= 0:
            break
    return False
