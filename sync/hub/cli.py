"""The ``hub`` commands: what IT staff type on the server.  The work is in cli_commands and cli_catalog."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any


def add_parser(commands: argparse._SubParsersAction[Any]) -> None:
    """Add ``hub`` and everything under it to the program's parser."""
    hub = commands.add_parser("hub", help="中心：建立、运行、目录、人员、工作站、备份", description="中心")
    parts = hub.add_subparsers(title="命令", metavar="命令", required=True)
    _service(parts)
    _catalog(parts)
    _staff(parts)
    _device(parts)
    _calendar(parts)
    _bundle(parts)
    credit = _group(parts, "credit", "失信名单")
    names = _command(credit, "import", "credit_import", "读入失信名单（CSV：证件号码,截止日期），代替原名单")
    names.add_argument("file", type=Path, metavar="FILE", help="名单")
    _report(parts)
    files = _command(parts, "files", "files", "附件：有多少在中心、多少还没传到；逐份核对存放的内容")
    files.add_argument("--check", action="store_true", help="逐份读一遍，核对内容")
    files.add_argument("--repair", action="store_true", help="同时请工作站重传损坏的，清除没有办件引用的")
    _command(parts, "tasks", "tasks", "目录改动后要由人复核的办件：改了什么、请谁复核")
    cases = _command(parts, "cases", "cases", "归一个大厅办理的办件，不论在哪里受理")
    cases.add_argument("--hall", required=True, metavar="大厅", help="大厅标识、区划代码或者名称的开头")
    _command(parts, "numbers", "numbers", "受理编号台账：各区划各年发出、用掉、作废、过期、在用多少")


def run(args: argparse.Namespace) -> int:
    """Run a parsed ``hub`` command; 0 only on success.  Raises KnownError."""
    from sync.hub import (  # sqlalchemy loads only when a command needs it
        cli_catalog,
        cli_commands,
        cli_forms,
        cli_publish,
    )

    module = cli_catalog if args.action.startswith("catalog_") else cli_commands
    module = cli_forms if args.action.startswith("form_files_") else module
    module = cli_publish if hasattr(cli_publish, args.action) else module
    action: Callable[[argparse.Namespace], int] = getattr(module, args.action)
    return action(args)


def _command(
    parts: argparse._SubParsersAction[Any], name: str, action: str, text: str
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = parts.add_parser(name, help=text, description=text)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="中心的数据目录")
    parser.add_argument("--database-url", metavar="URL", help="PostgreSQL 地址（不写就用 hub init 时定的）")
    parser.add_argument("--json", action="store_true", help="只输出一个 JSON 对象")
    parser.set_defaults(run=run, action=action)
    return parser


def _group(parts: argparse._SubParsersAction[Any], name: str, text: str) -> argparse._SubParsersAction[Any]:
    parser: argparse.ArgumentParser = parts.add_parser(name, help=text, description=text)
    return parser.add_subparsers(title="命令", metavar="命令", required=True)


def _service(parts: argparse._SubParsersAction[Any]) -> None:
    init = _command(parts, "init", "init", "建立中心，或者升级已有的中心数据库")
    init.add_argument("--demo-city", action="store_true", help="装入演示城市（人员都用同一个口令）")
    init.add_argument(
        "--files",
        metavar="URL",
        help="附件存到 S3 兼容的对象存储：s3://访问键:密钥@主机:端口/桶名（默认存数据目录）",
    )
    init.add_argument("--city", type=Path, metavar="DIR", help="装入这个目录里的城市资料")
    serve = _command(parts, "serve", "serve", "运行中心，直到收到停止信号")
    serve.add_argument("--host", default="127.0.0.1", metavar="H", help="监听地址（默认只限本机）")
    serve.add_argument("--port", type=int, default=8443, metavar="N", help="端口（默认 8443）")
    serve.add_argument("--workers", type=int, default=1, metavar="N", help="工作进程数（默认 1）")
    serve.add_argument("--tls-cert", type=Path, metavar="FILE", help="服务器证书（PEM）")
    serve.add_argument("--tls-key", type=Path, metavar="FILE", help="证书私钥（PEM）")
    serve.add_argument("--behind-proxy", action="store_true", help="前面有加密代理，本身可以不加密")
    _command(parts, "check", "check", "核对审计链、办理记录和办件有没有被改动，列出告警和等待处理的办件")
    compact = _command(parts, "compact", "compact", "精简下发记录里很早的步骤（办件和留痕都不动）")
    compact.add_argument("--days", type=int, default=90, metavar="N", help="保留最近几天（默认 90）")
    backup = _command(parts, "backup", "backup", "备份 SQLite 中心（可以边运行边备份）")
    backup.add_argument("file", type=Path, metavar="FILE", help="备份写到这个新文件")
    restore = _command(parts, "restore", "restore", "从备份恢复（先停下中心）")
    restore.add_argument("file", type=Path, nargs="?", metavar="FILE", help="备份文件")
    restore.add_argument(
        "--epoch-only",
        action="store_true",
        help="数据库已经退回（pg_restore、拷回旧文件、备库接管），只登记这次恢复",
    )


def _form_files(parts: argparse._SubParsersAction[Any]) -> None:
    group = _group(parts, "files", "目录写了名字的空白表、样表")
    add = _command(
        group, "add", "form_files_add", "添加空白表、样表（文件名同目录里写的一样；内容相同的只存一份）"
    )
    add.add_argument("path", type=Path, nargs="+", metavar="DIR|FILE", help="文件，或者放着文件的目录")
    add.add_argument("--by", default="", metavar="工号", help="由谁添加（默认是登录本机的用户）")
    make = _command(
        group, "make", "form_files_make", "演示用：按字段清单生成申请表还缺的空白表、样表（docx）"
    )
    make.add_argument("--item", default="", metavar="标识", help="只做这一个办理项的")
    listed = _command(group, "list", "form_files_list", "已添加的空白表、样表")
    listed.add_argument("--missing", action="store_true", help="只列现行目录写了、中心还没有的")
    remove = _command(
        group,
        "remove",
        "form_files_remove",
        "撤下空白表、样表：工作站下次对账时也删掉（放错了，或者样表里有真人的资料）",
    )
    remove.add_argument("name", nargs="+", metavar="文件名", help="文件名，同列出的一样")
    remove.add_argument("--by", default="", metavar="工号", help="由谁撤下（默认是登录本机的用户）")
    export = _command(group, "export", "form_files_export", "把已添加的空白表、样表写到一个目录")
    export.add_argument("folder", type=Path, metavar="DIR", help="目录（同名文件已存在时不覆盖）")


def _catalog(parts: argparse._SubParsersAction[Any]) -> None:
    group = _group(parts, "catalog", "事项目录")
    load = _command(
        group,
        "import",
        "catalog_import",
        "读入事项清单（CSV、XLSX、目录，或者另一个中心导出的 JSON），存为草稿",
    )
    load.add_argument("file", type=Path, metavar="FILE", help="清单文件")
    load.add_argument("--columns", "--map", type=Path, metavar="MAP.csv", help="列名对照文件")
    load.add_argument("--replace", action="store_true", help="不保留原目录里的其他办理项")
    check = _command(
        group,
        "lint",
        "catalog_lint",
        "清单质检：按公布的质量规则检查草稿（没有草稿就查现行目录），有错误时退出码为 1",
    )
    check.add_argument("--file", type=Path, metavar="FILE", help="不查现行目录，查这份还没有导入的清单")
    check.add_argument("--columns", type=Path, metavar="MAP.csv", help="这份清单的列名对照文件")
    columns = group.add_parser("columns", help="列名对照", description="写出内置的列名对照，供改成本大厅的")
    columns.add_argument("--write", type=Path, required=True, metavar="FILE", help="写到这个新文件（CSV）")
    columns.add_argument("--json", action="store_true", help="只输出一个 JSON 对象")
    columns.set_defaults(run=run, action="catalog_columns")
    _publishing(group)
    export = _command(group, "export", "catalog_export", "把现行目录写成 JSON，或者可以再导入的表格")
    export.add_argument(
        "file", type=Path, metavar="FILE", help="写到这个新文件；名称以 .xlsx 结尾的写成工作簿"
    )
    export.add_argument("--csv", action="store_true", help="写成一个 CSV 目录")
    export.add_argument("--draft", action="store_true", help="写草稿，不写现行目录")


def _publishing(group: argparse._SubParsersAction[Any]) -> None:
    _form_files(group)
    _command(group, "diff", "catalog_diff", "草稿与现行目录逐项比较，说明改了什么")
    _command(group, "versions", "catalog_versions", "已发布的各版目录和施行日期")
    for name, text in (
        ("submit", "目录编辑签署草稿，交法制审核"),
        ("approve", "法制审核人员（不能是起草人）同意草稿"),
        ("reject", "法制审核人员把草稿退回编辑"),
        ("publish", "目录编辑发布审核过的草稿"),
    ):
        step = _command(group, name, f"catalog_{name}", f"{text}（口令取自 TAIHAOBAN_PASSWORD）")
        step.add_argument("--by", required=True, metavar="工号", help="本人工号")
        if name == "reject":
            step.add_argument("--reason", required=True, help="退回原因")
        if name == "publish":
            step.add_argument("--effective", default="", metavar="日期", help="施行日期（不写就是发布之日）")


def _staff(parts: argparse._SubParsersAction[Any]) -> None:
    group = _group(parts, "staff", "人员")
    add = _command(group, "add", "staff_add", "添加人员，或者改已有人员和口令")
    add.add_argument("staff", metavar="工号")
    add.add_argument("--name", required=True, help="姓名")
    add.add_argument("--hall", default="", help="大厅标识（不写就是所有大厅）")
    add.add_argument("--window", default="", help="窗口标识")
    add.add_argument("--role", action="append", default=[], help="角色，可以写多次（默认窗口人员）")
    add.add_argument("--domain", action="append", default=[], help="领域，可以写多次（默认全部）")
    disable = _command(group, "disable", "staff_disable", "停用人员")
    disable.add_argument("staff", metavar="工号")
    _command(group, "list", "staff_list", "列出人员")
    load = _command(
        group, "import", "staff_import", "读入派驻人员登记（CSV），不发口令；有一行不对就都不读入"
    )
    load.add_argument("file", type=Path, metavar="FILE", help="人员登记")
    load.set_defaults(run=_run_report)


def _device(parts: argparse._SubParsersAction[Any]) -> None:
    group = _group(parts, "device", "工作站")
    invite = _command(group, "invite", "device_invite", "发一个登记码（72 小时内用一次）")
    invite.add_argument("--hall", required=True, help="大厅标识")
    invite.add_argument("--window", required=True, help="窗口标识")
    for name, text in (
        ("approve", "核准一台已登记的工作站"),
        ("revoke", "撤销一台工作站"),
        ("release", "给一台冻结的工作站发恢复码"),
    ):
        step = _command(group, name, f"device_{name}", text)
        step.add_argument("device", metavar="工作站")
        if name == "revoke":
            step.add_argument("--by", default="", metavar="工号", help="谁决定撤销的；告诉那台工作站找谁")
    move = _command(group, "move", "device_move", "把一台工作站调到另一个窗口或者大厅")
    move.add_argument("device", metavar="工作站")
    move.add_argument("--window", required=True, help="窗口标识")
    move.add_argument("--hall", default="", help="大厅标识（几个大厅有同名窗口时要写）")
    _command(group, "list", "device_list", "列出工作站")


def _calendar(parts: argparse._SubParsersAction[Any]) -> None:
    group = _group(parts, "calendar", "工作日历")
    load = _command(group, "import", "calendar_import", "读入一年的放假安排（CSV：日期,类型,名称）并发布")
    load.add_argument("file", type=Path, metavar="FILE", help="放假安排")


def _bundle(parts: argparse._SubParsersAction[Any]) -> None:
    group = _group(parts, "bundle", "摆渡包：用移动介质与工作站对账")
    load = _command(group, "import", "bundle_import", "读入工作站的摆渡包，写出带回去的摆渡包")
    load.add_argument("file", type=Path, metavar="FILE", help="工作站导出的摆渡包")
    load.add_argument(
        "--reply", type=Path, required=True, metavar="FILE", help="带回工作站的摆渡包写到这个新文件"
    )
    export = _command(group, "export", "bundle_export", "给一台工作站写一个摆渡包（本大厅全部办件、目录）")
    export.add_argument("file", type=Path, metavar="FILE", help="写到这个新文件")
    export.add_argument("--device", required=True, metavar="工作站")


def _report(parts: argparse._SubParsersAction[Any]) -> None:
    group = _group(parts, "report", "统计报告")
    reform = _command(group, "reform", "report_reform", "三减一并：改革前后，或者两版目录之间，省了多少")
    reform.add_argument("--from", dest="earlier", default="", metavar="VERSION", help="较早的一版目录")
    reform.add_argument("--to", dest="later", default="", metavar="VERSION", help="较晚的一版目录")
    reform.add_argument("--csv", type=Path, metavar="FILE", help="逐个办理项写到这个新文件")
    reform.set_defaults(run=_run_report)
    due = _command(group, "due", "report_due", "督查：已超期和快到期的办件；要点全部符合而没有办的单独标出")
    due.add_argument(
        "--within", type=int, default=0, metavar="N", help="还有几个工作日以内的也列出（默认 0）"
    )
    due.add_argument("--hall", default="", metavar="大厅", help="只看这个大厅（大厅标识）")
    due.add_argument(
        "--deemed", action="store_true", help="只列视为受理还没有办结的，不论还有几天；写明通知书出了没有"
    )
    due.set_defaults(run=_run_report)
    for name, text in (
        ("ratings", "好差评：好评率、主动评价好评率、未评率；差评的理由与办件记录核对"),
        ("service", "延时、双休日、代办、优先和免费服务的件数、次数和金额"),
    ):
        served = _command(group, name, f"report_{name}", text)
        served.add_argument("--from", dest="since", default="", metavar="DATE", help="从哪一天（含）")
        served.add_argument("--to", dest="until", default="", metavar="DATE", help="到哪一天（含）")
        served.add_argument("--hall", default="", metavar="大厅", help="只看这个大厅（大厅标识）")
        served.set_defaults(run=_run_ratings)
    group = _group(parts, "rating", "好差评")
    taken = _command(group, "import", "rating_import", "读入公众号、短信、纸质带回来的评价（凭回执上的码）")
    taken.add_argument(
        "file", type=Path, metavar="FILE", help="每行一个 JSON，或者 CSV：码,等级,理由,意见,渠道"
    )
    taken.add_argument(
        "--days", type=int, default=5, metavar="N", help="差评几个工作日内整改（默认 5，最长 15）"
    )
    taken.set_defaults(run=_run_ratings)
    group = _group(parts, "register", "登记：事项、办理项、下放、部门、人员")
    load = _command(group, "import", "register_import", "读入登记（CSV 或目录）；有一行不对就都不读入")
    load.add_argument("file", type=Path, metavar="FILE", help="以登记的名称命名的 CSV，或者放它们的目录")
    load.set_defaults(run=_run_report)


def _run_ratings(args: argparse.Namespace) -> int:
    from sync.hub import cli_ratings

    action: Callable[[argparse.Namespace], int] = getattr(cli_ratings, args.action)
    return action(args)


def _run_report(args: argparse.Namespace) -> int:
    from sync.hub import cli_report

    action: Callable[[argparse.Namespace], int] = getattr(cli_report, args.action)
    return action(args)
