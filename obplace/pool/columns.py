"""Recognise what each column of a table holds from its header, in the words that inventories use."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from obplace.errors import DataError, UsageError
from obplace.quantity import Kind, units

RESOURCES: Final[Mapping[str, Kind]] = {
    "cpu": Kind.CPU,
    "memory": Kind.MEMORY,
    "storage": Kind.STORAGE,
    "nic": Kind.NIC,
    "storage_class": Kind.CLASS,
}

# What a table of offers has besides: orders from so many and up to so many machines, money by the month and by the GB.
OFFERED: Final[Mapping[str, Kind]] = dict.fromkeys(
    ("from", "to", "running", "resource", "price_per_gb", "running_per_gb"), Kind.COUNT
)
MONEY: Final = ("cost", "running", "price_per_gb", "running_per_gb")

# Headers are compared without case, spaces, '-', '_' and brackets, so each name stands here once.
_RESOURCE_ALIASES: Final = {
    "cpu": "cpus vcpu vcpus cores core cpucores cpucorecount cpucount vcpucount numcpu numcpus corecount "
    "processors processorcores ansible_processor_vcpus ansible_processor_cores "
    "cpu核数 cpu核心数 核数 核心数 处理器 处理器核数 cpu数 cpu数量",
    "memory": "mem ram ramsize memorysize memtotal totalmemory memorytotal physicalmemory ansible_memtotal "
    "内存 内存大小 内存容量 物理内存",
    "storage": "disk disks disksize diskspace diskcapacity storagesize storagecapacity totalstorage "
    "totaldisk localdisk hdsize 磁盘 磁盘大小 磁盘容量 存储 存储容量 硬盘 硬盘大小 硬盘容量",
    "storage_class": "disktype diskclass diskmedia storagetype storagemedia media mediatype drivetype "
    "磁盘类型 硬盘类型 存储类型 存储介质 磁盘介质 硬盘介质",
    "nic": "network networkbandwidth networkspeed bandwidth nicspeed nicbandwidth linkspeed interfacespeed "
    "networkinterface netspeed 网卡 网卡速率 网卡带宽 网络 网络带宽 带宽",
    "from": "minimumorder minorder minimumquantity moq orderfrom fromquantity 起订量 最小订购量",
    "to": "upto maximumorder maxorder toquantity 最大订购量",
    "running": "monthly runningcost runningpermonth monthlyrunning upkeep monthlycost monthlyprice costpermonth "
    "pricepermonth costmonth pricemonth 月运行费用 运行费用 运维费用 月费 月租 月成本 月费用 月价格",
    "resource": "sells sellsresource 资源 资源类型",
    "price_per_gb": "costpergb 每gb价格",
    "running_per_gb": "monthlypergb pricepergbmonth costpergbmonth pricepergbpermonth 每gb月价格",
}
_ALIASES: Final = {
    "machine": "hostname host name server servername instance instancename fqdn machinename vm vmname node "
    "nodename devicename inventory_hostname ansible_hostname ansible_fqdn 主机名 主机 主机名称 机器 机器名 "
    "机器名称 服务器 服务器名 服务器名称 设备名称 节点 节点名称 实例 实例名称 "
    "offer offername instancetype machinetype sku 报价 机型 实例类型 实例规格",
    "ip": "ipaddress ipv4 ipv4address primaryip primaryip4 primaryipv4 managementip mgmtip privateip "
    "ansible_host ip地址 主机ip 服务器ip 内网ip 管理ip",
    "cost": "price monthlycost monthlyprice costpermonth pricepermonth costmonth pricemonth hourlycost "
    "hourlyprice costperhour priceperhour costhour pricehour unitprice unitcost "
    "价格 成本 费用 单价 月费 月租 月成本 月费用 月价格",
    "currency": "currencycode 币种 货币",
    "quantity": "qty count stock numberofmachines machinecount 数量 台数 库存",
    "region": "regionname 地域 区域 大区",
    "idc": "site sitename datacenter datacentre dc location 机房 数据中心",
    "zone": "availabilityzone az zonename 可用区",
    "rack": "cabinet rackname racknumber 机柜 机架 机柜号 机架号",
    "arch": "architecture cpuarch cpuarchitecture ansible_architecture 架构 cpu架构",
    "os": "operatingsystem osname platform ansible_distribution 操作系统 系统",
    "tags": "tag labels label 标签",
    "runs": "current_role current_roles currentlyruns 当前角色",
    "available": "status state availability 状态 是否可用 可用",
}
_CURRENCIES: Final = {
    **{code.casefold(): code for code in ("USD", "CNY", "EUR", "GBP", "JPY", "HKD", "TWD", "SGD", "KRW", "INR")},
    **{code.casefold(): code for code in ("AUD", "CAD", "CHF", "RUB", "BRL", "IDR", "MYR", "THB", "AED", "VND")},
    **dict.fromkeys(("rmb", "元", "人民币", "¥", "￥"), "CNY"),
    **dict.fromkeys(("$", "us$", "美元"), "USD"),
    **dict.fromkeys(("€", "欧元"), "EUR"),
    "£": "GBP",
}


# Inventories have these beside the column that is meant; they count only where that one is missing.
_SECOND_CHOICE: Final = {
    *("location", "fqdn", "ansiblefqdn", "ansiblehostname", "offer", "offername", "instancetype", "machinetype"),
    *("sku", "报价", "机型", "实例类型", "实例规格"),
}

_PERIOD: Final = re.compile(r"(?:/|per|每)?(?:month|monthly|mo|hour|hourly|hr|h|year|月|小时|年)?$")

_MONTH: Final = re.compile(r"month|月|mo$")
_HOUR: Final = re.compile(r"hour|小时|hr?$")
_YEAR: Final = re.compile(r"year|年")


def period(header: str) -> str | None:
    """Return for which time a header says that money is paid: month, hour or year; None where it is paid once."""
    key = _key(header)
    if key in ("price", "cost"):
        return None
    patterns = (("month", _MONTH), ("hour", _HOUR), ("year", _YEAR))
    return next((name for name, pattern in patterns if pattern.search(key)), None)


def currency_code(word: str) -> str | None:
    """Return the ISO code of a currency's code, sign or Chinese name, None when it is not known."""
    return _CURRENCIES.get(word.strip().casefold())


@dataclass(frozen=True)
class Field:
    """One column that is understood."""

    column: str  # canonical name
    index: int  # position in the table
    header: str  # as the table writes it
    unit: str | None  # from the header, for quantities


@dataclass(frozen=True)
class Layout:
    """What the columns of one table mean."""

    fields: Mapping[str, Field]  # by canonical name, in table order
    ignored: tuple[str, ...]  # headers that say nothing to obplace
    currency: str | None  # from the header of the cost column


def match(headers: Sequence[str], resources: Mapping[str, Kind], source: str) -> Layout:
    """Find out what each header means.

    Raises
    ------
    DataError
        When two columns mean the same thing, or none names the machines.
    """
    known = _known(resources)
    found: dict[str, list[Field]] = {}
    ignored: list[str] = []
    named: dict[str, str] = {}  # currency → a header that names it
    for index, header in enumerate(headers):
        meaning = _meaning(header, known, resources)
        if meaning is None:
            ignored += [header] if header.strip() else []
            continue
        column, unit = meaning
        if column in MONEY and unit is not None:
            named.setdefault(unit, header)
        found.setdefault(column, []).append(Field(column, index, header, unit if column in resources else None))
    for column, fields in found.items():
        first_choice = [item for item in fields if _key(item.header) not in _SECOND_CHOICE]
        if first_choice and len(first_choice) < len(fields):
            ignored += [item.header for item in fields if item not in first_choice]
            found[column] = first_choice
    problems = [_twice(source, column, fields) for column, fields in found.items() if len(fields) > 1]
    if "machine" not in found:
        problems.append(_no_machine(source, headers))
    if len(named) > 1:
        problems.append(
            f"{source}: the columns {' and '.join(map(repr, named.values()))} name {' and '.join(named)}, expected one "
            "currency"
        )
    if problems:
        raise DataError(problems)
    return Layout({column: fields[0] for column, fields in found.items()}, tuple(ignored), next(iter(named), None))


def recognised(headers: Sequence[str], resources: Mapping[str, Kind]) -> frozenset[str]:
    """Return the canonical names of all headers that are understood."""
    known = _known(resources)
    meanings = (_meaning(header, known, resources) for header in headers)
    return frozenset(meaning[0] for meaning in meanings if meaning)


def _key(header: str) -> str:
    # NFKC makes full-width brackets and letters plain, as Chinese spreadsheets mix both.
    return re.sub(r"[\s_()\[\]（）:：-]", "", unicodedata.normalize("NFKC", header)).casefold()


def _known(resources: Mapping[str, Kind]) -> dict[str, str]:
    """Return the canonical name of each header key."""
    clash = sorted(set(resources) & set(_ALIASES))
    if clash:
        raise UsageError(f"a resource cannot be called {clash[0]!r}: the pool uses that column for something else")
    names = {_key(alias): column for column, words in _ALIASES.items() for alias in words.split()}
    for column in resources:
        names |= {_key(alias): column for alias in _RESOURCE_ALIASES.get(column, "").split()}
    return names | {_key(column): column for column in (*_ALIASES, *resources)}


def _meaning(header: str, known: Mapping[str, str], resources: Mapping[str, Kind]) -> tuple[str, str | None] | None:
    """Return canonical name and unit (for the cost: currency) of a header."""
    key = _key(header)
    if key in known:
        return known[key], None
    # The longest name first, so that 'mem' does not take what 'memory' means.
    for size in range(len(key) - 1, 0, -1):
        column, rest = known.get(key[:size], ""), key[size:].removeprefix("in")
        if column in MONEY:
            currency = _PERIOD.sub("", rest)
            if not currency or currency_code(currency):
                return column, currency_code(currency)
        if column in resources and rest in units(resources[column]):
            return column, rest
    return None


def _twice(source: str, column: str, fields: Sequence[Field]) -> str:
    headers = [field.header for field in fields]
    if len(set(headers)) == 1:
        return f"{source}: the header {headers[0]!r} appears {len(headers)} times, expected once; rename one"
    named = " and ".join(repr(header) for header in headers)
    return f"{source}: the columns {named} both mean {column}, expected one; rename or remove the others"


def _no_machine(source: str, headers: Sequence[str]) -> str:
    found = ", ".join(repr(header) for header in headers[:40]) or "none"
    return (
        f"{source}: no column names the machines; found the headers {found}, expected one of "
        f"machine, {', '.join(_ALIASES['machine'].split())}; rename the column that holds the names"
    )
