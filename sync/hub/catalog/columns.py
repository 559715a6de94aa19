"""The tables of the import format, their columns, and the names that lists use for them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

import msgspec

ITEMS = "事项"


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A file without a ``required`` column cannot be read; a missing ``expected`` one is reported."""

    required: tuple[str, ...]
    expected: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.required, *self.expected, *self.optional)


# 三减一并: what was asked before the reform.
FORMER = (
    "改革前材料", "改革前环节", "改革前时限", "改革前到场", "合并环节", "改革前来源", "改革前演示",
)  # fmt: skip

TABLES: Mapping[str, Table] = {
    ITEMS: Table(
        required=("部门", "办理项名称"),
        expected=("主项", "事项编码", "区划代码", "事项类型", "部门编码"),
        optional=(
            "办理项标识", "部门标识", "领域", "办件类型", "服务对象", "法定时限", "法定依据", "法定存疑",
            "承诺时限", "承诺依据", "承诺存疑", "红线", "可容缺", "可告知承诺", "专业窗口", "设定依据",
            "收费", "结果", "不计入时限", "行使层级", "可受理区划", "备注",
            "本地编码", "划转", "原部门", "通办范围", "进驻大厅", "办理形式", "网办深度", "到现场次数",
            "到现场原因", "邮寄申请", "特别程序", "受理条件", "结果类型", "办结方式", "产生材料", "结果样本",
            "照后办证时限", "容缺补正时限", "核查时限", "可延期时限", "延期依据",
            "办理地点", "办理时间", "咨询电话", "投诉电话", "主题",
            *FORMER, "实施细则",
        ),
    ),
    "情形": Table(required=("办理项标识", "问题标识", "问题", "选项"), optional=("情形条件",)),
    "字段": Table(
        required=("办理项标识", "字段标识", "名称"),
        optional=("类型", "必填", "最长", "选项", "单位", "提示", "情形条件"),
    ),
    "材料": Table(
        required=("办理项标识", "材料标识", "材料名称"),
        optional=(
            "必要性", "原件", "份数", "形式", "来源", "可告知承诺", "受理标准", "依据", "情形条件",
            "通用材料", "证明事项", "空白表", "样表", "页数", "沿用天数",
        ),
    ),
    "要点": Table(required=("办理项标识", "要点标识", "要点"), optional=("材料标识", "依据", "情形条件")),
    "环节": Table(
        required=("办理项标识", "环节标识", "环节名称"), optional=("工作日", "岗位", "计入时限", "说明")
    ),
    "收费": Table(required=("办理项标识", "收费项目", "收费标准"), optional=("依据", "减免", "网上缴费")),
    "常见问题": Table(required=("办理项标识", "问题", "解答")),
    "证明事项清单": Table(required=("证明名称", "是否保留"), optional=("依据", "替代方式")),
    "一件事": Table(required=("一件事标识", "名称"), optional=("状态", *FORMER, "来源", "备注")),
    "一件事情形": Table(required=("一件事标识", "问题标识", "问题", "选项"), optional=("情形条件",)),
    "一件事成员": Table(
        required=("一件事标识", "办理项标识"), optional=("情形条件", "前置", "一并勘验", "预设情形")
    ),
    "区划": Table(required=("代码", "名称"), optional=("上级", "可选")),
    "部门": Table(
        required=("部门标识", "名称"), optional=("区划代码", "统一社会信用代码", "电话", "地址")
    ),
    "大厅": Table(required=("大厅标识", "名称", "区划代码"), optional=("级别", "地址", "电话", "开放时间")),
    "窗口": Table(required=("窗口标识", "大厅标识", "名称"), optional=("窗号", "类型", "领域")),
    "人员": Table(required=("工号", "姓名", "大厅标识"), optional=("窗口标识", "角色", "领域")),
}  # fmt: skip

CODES = frozenset((
    "办理项标识", "部门标识", "事项编码", "区划代码", "事项类型", "部门编码", "法定时限", "承诺时限",
    "问题标识", "字段标识", "材料标识", "要点标识", "份数", "最长", "代码", "上级", "统一社会信用代码",
    "大厅标识", "窗口标识", "窗号", "工号", "电话", "可受理区划",
    "本地编码", "到现场次数", "产生材料", "照后办证时限", "容缺补正时限", "核查时限", "可延期时限", "通用材料", "页数", "沿用天数", "环节标识",
    "工作日", "一件事标识", "前置", *FORMER[:5],
))  # fmt: skip
SEVERAL_LINES = frozenset(
    (
        "设定依据",
        "受理标准",
        "备注",
        "提示",
        "不计入时限",
        "收费",
        "问题",
        "要点",
        "可受理区划",
        "特别程序",
        "受理条件",
        "到现场原因",
        "办理时间",
        "办理地点",
        "实施细则",
        "说明",
        "解答",
        "收费标准",
        "减免",
        "替代方式",
        "改革前来源",
        "来源",
        "前置",
        "主题",
        "通办范围",
    )
)

# Common names in published lists; where a name means different things, only in its table.
SYNONYMS: Mapping[str, Mapping[str, str]] = {
    ITEMS: {
        "部门名称": "部门", "实施部门": "部门", "实施主体": "部门", "实施主体名称": "部门", "主管部门": "部门",
        "实施机构": "部门", "责任部门": "部门", "单位": "部门", "单位名称": "部门",
        "主项名称": "主项", "事项主项": "主项", "主项事项名称": "主项",
        "办理项": "办理项名称", "业务办理项": "办理项名称", "业务办理项名称": "办理项名称", "事项名称": "办理项名称",
        "子项名称": "办理项名称", "办理事项名称": "办理项名称", "政务服务事项名称": "办理项名称",
        "实施编码": "事项编码", "业务办理项编码": "事项编码", "实施清单编码": "事项编码", "编码": "事项编码",
        "事项代码": "事项编码", "行政区划代码": "区划代码", "行政区划": "区划代码", "区划": "区划代码",
        "权力类型": "事项类型", "事项类型代码": "事项类型", "类型": "事项类型", "类型代码": "事项类型",
        "组织机构代码": "部门编码", "统一社会信用代码": "部门编码", "部门代码": "部门编码", "实施主体编码": "部门编码",
        "标识": "办理项标识", "所属领域": "领域", "办理类型": "办件类型", "办理对象": "服务对象",
        "法定办结时限": "法定时限", "法定期限": "法定时限", "法定办结时限依据": "法定依据",
        "承诺办结时限": "承诺时限", "承诺期限": "承诺时限", "容缺受理": "可容缺", "告知承诺": "可告知承诺",
        "法律依据": "设定依据", "收费标准": "收费", "办理结果": "结果", "结果名称": "结果",
        "层级": "行使层级", "说明": "备注",
        "地方编码": "本地编码", "地方实施编码": "本地编码", "到办事现场次数": "到现场次数", "跑动次数": "到现场次数",
        "必须现场办理原因说明": "到现场原因", "到现场原因说明": "到现场原因", "物流快递": "邮寄申请", "是否支持物流快递": "邮寄申请",
        "是否进驻政务大厅": "进驻大厅", "网上办理深度": "网办深度", "结果样表": "结果样本", "审批结果类型": "结果类型",
        "办公地址": "办理地点", "办公时间": "办理时间", "咨询方式": "咨询电话", "监督投诉方式": "投诉电话", "监督电话": "投诉电话",
        "面向自然人事项主题分类": "主题", "面向法人事项主题分类": "主题", "主题分类": "主题", "原实施部门": "原部门",
    },
    "材料": {
        "名称": "材料名称", "申请材料": "材料名称", "申请材料名称": "材料名称", "材料必要性": "必要性", "是否必要": "必要性",
        "材料类型": "原件", "原件或复印件": "原件", "数量": "份数", "材料份数": "份数", "材料形式": "形式",
        "来源渠道": "来源", "材料来源": "来源", "告知承诺": "可告知承诺", "审查标准": "受理标准", "设定依据": "依据",
        "条件": "情形条件", "空白表格": "空白表", "空表": "空白表", "示例样表": "样表", "样本": "样表", "页码数": "页数",
        "材料种类": "通用材料",
    },
    "环节": {"环节": "环节名称", "名称": "环节名称", "办理时限": "工作日", "时限": "工作日", "办理岗位": "岗位"},
    "收费": {"收费项目名称": "收费项目", "名称": "收费项目", "标准": "收费标准", "收费依据": "依据", "是否允许减免": "减免",
        "是否支持网上支付": "网上缴费"},
    "常见问题": {"常见问题": "问题", "问": "问题", "答": "解答", "答案": "解答", "解答内容": "解答"},
    "证明事项清单": {"证明事项": "证明名称", "名称": "证明名称", "保留": "是否保留", "设定依据": "依据", "替代取消方式": "替代方式"},
    "一件事": {"一件事名称": "名称"},
    "一件事情形": {"条件": "情形条件"},
    "一件事成员": {"条件": "情形条件", "前置事项": "前置"},
    "字段": {"字段名称": "名称", "字段类型": "类型", "是否必填": "必填", "最大长度": "最长", "条件": "情形条件"},
    "情形": {"情形": "问题", "情形问题": "问题", "条件": "情形条件"},
    "要点": {"审查要点": "要点", "审核要点": "要点", "条件": "情形条件"},
    "区划": {"区划代码": "代码", "区划名称": "名称", "上级代码": "上级"},
    "部门": {"部门": "名称", "部门名称": "名称", "信用代码": "统一社会信用代码", "部门编码": "统一社会信用代码"},
    "大厅": {"大厅名称": "名称", "大厅": "名称"},
    "窗口": {"窗口号": "窗号", "窗口名称": "名称", "窗口类型": "类型"},
    "人员": {"人员编号": "工号", "人员姓名": "姓名"},
}  # fmt: skip


def plain_head(text: str) -> str:
    """A column's name as it is compared: half-width, no blanks, no star, no （必填）."""
    text = re.sub(r"[\s*:\u200b\ufeff]", "", unicodedata.normalize("NFKC", text))
    return re.sub(r"\((必填|选填|可选|可空|非必填|必填项|工作日|个工作日)\)$", "", text)


def standard_names(table: str, own: Mapping[str, str]) -> dict[str, str]:
    """Compared name → column of the table: a hall's own map first, then the format, then synonyms."""
    columns = TABLES[table].columns
    names = {plain_head(name): column for name, column in SYNONYMS.get(table, {}).items()}
    names |= {column: column for column in columns}
    return names | {plain_head(name): column for name, column in own.items() if column in columns}


def match_heads(cells: Sequence[str], names: Mapping[str, str]) -> list[str]:
    """The column of each cell of a header; "" for one that is unknown or repeats an earlier one.

    The format's own name wins over a synonym, so a list may have both 事项名称 and 办理项名称.
    """
    compared = [plain_head(cell) for cell in cells]
    heads = [""] * len(cells)
    taken: set[str] = set()
    for exact in (True, False):
        for n, head in enumerate(compared):
            column = names.get(head, "")
            if column and (column == head) is exact and column not in taken:
                heads[n] = column
                taken.add(column)
    return heads


def missing(table: str, heads: Iterable[str]) -> list[str]:
    known = set(heads)
    return [column for column in TABLES[table].required if column not in known]
