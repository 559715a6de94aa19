"""What the national 实施清单 says of an item beyond what a window computes with (domain facts §2.5).

The codes are those of the national exchange table (GB/T 39554.1-2020): both national and local ones are kept.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

# 事项状态.  Only an item in use is taken in; the list need not say.
SUSPENDED, CANCELLED = "suspended", "cancelled"
STATE_NAMES: Mapping[str, str] = {"in_use": "在用", SUSPENDED: "暂停", CANCELLED: "取消"}


class Listing(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Empty text and False: the list does not say, or says no.

    ``catalog_code`` is the 基本编码 (12), ``task_code`` the 实施编码 (31) that a 业务办理项编码 begins with.
    ``legal_unit`` and ``promised_unit`` are the list's own words for a unit that is not workdays; a limit
    in such a unit never binds.
    """

    catalog_code: str = ""
    local_catalog_code: str = ""
    task_code: str = ""
    local_task_code: str = ""
    state: str = ""  # 事项状态: in_use | suspended | cancelled
    list_version: str = ""  # 版本号 of the source
    power_source: str = ""  # 权力来源: 法定本级行使, 上级下放 …
    department_kind: str = ""  # 实施主体性质: 法定机关, 授权组织, 受委托组织
    entrusted_by: str = ""  # 委托部门
    channels: tuple[str, ...] = ()  # 办理渠道: 窗口办理, 网上办理, 快递申请
    flow: str = ""  # 办理流程 in words
    legal_unit: str = ""
    legal_note: str = ""  # 法定时限说明
    promised_unit: str = ""
    promised_note: str = ""  # 承诺时限说明
    quantity_limit: str = ""  # 数量限制
    booking: bool = False  # 可预约
    online: bool = False  # 网上办理
    terminals: bool = False  # 自助终端
    partners: tuple[str, ...] = ()  # 联办机构
    intermediaries: tuple[str, ...] = ()  # 中介服务

    @property
    def closed(self) -> str:
        """Why the item is taken in nowhere, "" when it is."""
        return {SUSPENDED: "本事项已暂停办理", CANCELLED: "本事项已取消"}.get(self.state, "")
