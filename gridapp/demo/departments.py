"""Departments of a district and its townships; their types are those that the event catalogue names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

CENTRE = "CENTER"

_TOWNSHIP = {
    CENTRE: "综合指挥中心",
    "URBAN": "综合行政执法队",
    "EMER": "应急管理办",
    "FIRE": "消防工作站",
    "HOUSE": "村镇建设办",
    "SAN": "环卫所",
    "MUNI": "市政园林站",
    "MKT": "市场监管所",
    "CIV": "民政所",
    "HRSS": "人社所",
    "JUST": "司法所",
    "PSB": "派出所",
    "TRAF": "交警中队",
    "HEALTH": "卫生服务中心",
    "SVC": "便民服务中心",
    "PROP": "物业服务联络站",
    "VET": "退役军人服务站",
}
_RURAL = {"AGRI": "农业服务中心", "NR": "自然资源所", "WATER": "水利站"}
_DISTRICT = {
    CENTRE: "区网格指挥中心",
    "UTIL_E": "供电公司",
    "UTIL_G": "燃气公司",
    "UTIL_W": "供水公司",
    "TELE": "通信企业联席办",
    "WATER": "水利局",
    "DPF": "残联",
    "EDU": "教育局",
    "NR": "自然资源分局",
    "AGRI": "农业农村局",
    "FOR": "林业发展中心",
    "ENV": "生态环境分局",
    "MED": "医保局",
}


@dataclass(frozen=True, slots=True)
class DepartmentRow:
    """One line of the sheet 部门."""

    parent: str  # code of the township or district
    code: str
    name: str
    dept_type: str
    label: str = "部门"


def department_rows(district: str, townships: Sequence[Mapping[str, str]]) -> list[DepartmentRow]:
    """The departments of the district, then those of each township; a 镇 has three more."""
    found = [_row(district, dept_type, name) for dept_type, name in _DISTRICT.items()]
    for row in townships:
        offices = _TOWNSHIP | (_RURAL if row["name"].endswith(("镇", "乡")) else {})
        short = row["name"].removesuffix("街道").removesuffix("镇").removesuffix("乡")
        found += [
            _row(row["code"], dept_type, f"{short}{name}") for dept_type, name in offices.items()
        ]
    return found


def _row(parent: str, dept_type: str, name: str) -> DepartmentRow:
    label = "指挥中心" if dept_type == CENTRE else "部门"
    return DepartmentRow(parent, f"{parent}-{dept_type}", name, dept_type, label)
