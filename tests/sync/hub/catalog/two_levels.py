"""A list as long as the reform article tells of, in two levels: 主项 by their 31-digit codes, 办理项 by 33 digits."""

from __future__ import annotations

import random

from tests.sync.hub.catalog.kit import OFFICE

ITEMS, PARENTS = 1135, 539
HEAD = ("部门", "主项", "办理项名称", "事项编码", "主项实施编码", "区划代码", "事项类型", "部门编码")
WORDS = (
    "公司", "个体工商户", "食品", "药品", "公共场所", "户外广告", "出版物", "娱乐场所", "旅馆", "烟草", "劳务派遣", "人力资源",
    "动物诊疗", "兽药", "用地规划", "工程规划", "环境影响", "水土保持", "取水", "消防", "人防", "施工", "城市道路", "绿地",
    "排水", "土地使用权", "抵押权", "预告", "社会保险", "养老", "失业", "生育", "婚姻", "收养", "社会团体", "民办非企业",
    "残疾人", "救助", "教师资格", "护士执业",
)  # fmt: skip
ACTS = ("设立登记", "变更登记", "注销登记", "许可核发", "许可延续", "审批", "备案", "补办", "信息更正")


def parent_code(number: int) -> str:
    """实施编码: the office's 18, level 3, and 基本编码 37 01 01, three digits of the 主项, 000."""
    return f"{OFFICE}3370101{number + 1:03d}000"


def rows() -> list[tuple[str, ...]]:
    """1,135 办理项 of 539 主项, one to five each; the same at every call."""
    rng = random.Random(1135)
    each = [1] * PARENTS
    while sum(each) < ITEMS:
        at = rng.randrange(PARENTS)
        each[at] += each[at] < 5
    found: list[tuple[str, ...]] = []
    for number, count in enumerate(each):
        word, act = WORDS[number % len(WORDS)], ACTS[number // len(WORDS) % len(ACTS)]
        parent = f"{word}{act}（{'甲乙丙丁'[number // (len(WORDS) * len(ACTS)) % 4]}类）"
        for child in range(count):
            name = f"{parent}·{['首次办理', '到期换发', '遗失补领', '住所变动', '名称变动'][child]}"
            code = f"{parent_code(number)}{child + 1:02d}"
            found.append(("样例市样例局", parent, name, code, parent_code(number), "370900", "1", OFFICE))
    return found
