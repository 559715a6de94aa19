"""A command line that tells what is wrong with it in one plain sentence, in the language of its help."""

from __future__ import annotations

import argparse
import re
import sys
from typing import NoReturn

_SENTENCES = (
    (r"the following arguments are required: (.+)", "还要写明：{0}"),
    (r"one of the arguments (.+) is required", "这几项要写一项：{0}"),
    (r"unrecognized arguments: (.+)", "不认得“{0}”"),
    (r"ambiguous option: (\S+) could match (.+)", "“{0}”不够明确，可以是：{1}"),
    (r"argument (.+?): invalid choice: '?(.*?)'? \(choose from (.+)\)", "{0}不能写“{1}”，可以写：{2}"),
    (r"argument (.+?): invalid int value: '(.*)'", "{0}要写整数，“{1}”不是"),
    (r"argument (.+?): invalid \S+ value: '(.*)'", "{0}不能写“{1}”"),
    (r"argument (.+?): expected (?:one|at least one) argument", "{0}后面还要写一个值"),
    (r"argument (.+?): expected (\d+) arguments", "{0}后面要写 {1} 个值"),
    (r"argument (.+?): not allowed with argument (.+)", "{0}不能和 {1} 一起写"),
    (r"argument (.+?): ignored explicit argument '(.*)'", "{0}后面不写值，“{1}”多了"),
)


class Arguments(argparse.ArgumentParser):
    """As the standard one; ``error`` ends the program with 2 and one line instead of the usage and English."""

    def error(self, message: str) -> NoReturn:
        print(f"{told(message)}。没有改动。用法请看：{self.prog} --help", file=sys.stderr)
        raise SystemExit(2)


def told(message: str) -> str:
    """What argparse says, in Chinese; what it never said before stays as it is."""
    for pattern, sentence in _SENTENCES:
        found = re.fullmatch(pattern, message)
        if found is not None:
            return sentence.format(*(part.replace("'", "") for part in found.groups()))
    return f"命令写得不对（{message}）"
