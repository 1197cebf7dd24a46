"""The workbook that ``gridapp server load`` reads: sheets 网格, 部门 and 人员, one row a role.

The columns stand here in words, because an office fills the same ones by hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import xlsxwriter

from gridapp.demo.staff import DistrictPlan
from gridapp.domain.roles import Role

GRIDS, DEPARTMENTS, STAFF = "网格", "部门", "人员"
COLUMNS = {
    GRIDS: ("社区代码", "网格代码", "网格名称", "类别", "称呼"),
    DEPARTMENTS: ("上级代码", "单位代码", "单位名称", "部门类型", "称呼"),
    STAFF: ("姓名", "用户名", "电话", "角色", "单位代码", "专职", "自", "至", "代"),
}
GRID_KINDS = {True: "基础", False: "专属"}
YES_NO = {True: "是", False: "否", None: ""}
# the words of the code table ``role``
ROLES = {
    Role.WORKER: "网格员",
    Role.GRID_HEAD: "网格长",
    Role.GUIDE: "网格指导员",
    Role.VOLUNTEER: "志愿者",
    Role.OFFICE: "社区办",
    Role.DISPATCHER: "指挥中心",
    Role.HANDLER: "部门经办",
    Role.MEDIATOR: "调解员",
    Role.DISTRICT_ADMIN: "区管理员",
    Role.AUDITOR: "审计",
}
_WIDTHS = (18, 22, 24, 12, 22, 8, 12, 12, 14)


def write_staff_workbook(plan: DistrictPlan, path: Path) -> None:
    """Write the plan; every cell is text, so that no code loses its zeros."""
    sheets: dict[str, Iterable[Sequence[str]]] = {
        GRIDS: ((g.community, g.code, g.name, GRID_KINDS[g.basic], g.label) for g in plan.grids),
        DEPARTMENTS: ((d.parent, d.code, d.name, d.dept_type, d.label) for d in plan.departments),
        STAFF: (
            (
                s.name,
                s.user_name,
                s.phone,
                ROLES[Role(s.role)],
                s.unit,
                YES_NO[s.full_time],
                s.since.isoformat() if s.since else "",
                s.until.isoformat() if s.until else "",
                s.covers,
            )
            for s in plan.staff
        ),
    }
    # in_memory: no temporary files, which could outlive a crash
    with xlsxwriter.Workbook(str(path), {"in_memory": True}) as book:
        text = book.add_format({"num_format": "@"})
        head = book.add_format({"bold": True, "num_format": "@", "bottom": 1})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for column, title in enumerate(COLUMNS[name]):
                sheet.write_string(0, column, title, head)
                sheet.set_column(column, column, _WIDTHS[column])
            for line, row in enumerate(rows, 1):
                for column, value in enumerate(row):
                    if value:
                        sheet.write_string(line, column, value, text)
            sheet.freeze_panes(1, 0)
