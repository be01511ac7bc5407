"""Which column holds what: headings as real forms write them, in both languages."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

HEADER_SEARCH_ROWS = 20
FEWEST_HEADINGS = 2

# What a column may hold, and the headings seen for it. The first Chinese and the first
# English heading are those of the template and of messages.
HEADINGS: dict[str, tuple[str, ...]] = {
    "name": (
        "姓名", "Name", "名字", "居民姓名", "人员姓名", "住户姓名", "使用者姓名", "租客姓名", "承租人",
        "服务对象名字", "走访对象", "full name", "resident", "resident name",
    ),
    "identity": (
        "身份证号", "Identity number", "身份证", "身份证号码", "公民身份号码", "公民身份证号码",
        "公民身份证号", "居民身份证号", "居民身份证号码", "身份号码", "身份证件号码", "证件号码", "证件号",
        "使用者身份证号码", "id", "id card", "id number", "id no", "id card number", "identity",
        "identity card", "identity no", "identity card number", "citizen id", "national id",
    ),
    "identity_kind": ("证件类型", "Kind of document", "身份证件种类", "证件种类", "证件名称", "document type", "id type"),
    "phone": (
        "电话", "Phone", "联系电话", "手机", "手机号", "手机号码", "电话号码", "联系方式", "联系手机",
        "移动电话", "本人电话", "使用者联系电话", "固定电话", "座机", "家庭电话", "第二电话", "备用电话",
        "电话1", "电话2", "联系电话1", "联系电话2", "mobile", "mobile phone", "phones", "phone number",
        "telephone", "tel", "contact number", "cell phone",
    ),
    "emergency_name": ("紧急联系人", "Emergency contact", "紧急联系人姓名", "emergency contact name"),
    "emergency_phone": (
        "紧急联系电话", "Emergency phone", "紧急联系人电话", "紧急联系方式", "紧急联系人联系方式",
        "emergency contact phone",
    ),
    "landlord_name": ("房东姓名", "Landlord", "房东", "landlord name"),
    "landlord_phone": ("房东电话", "Landlord phone", "房东联系电话", "房东联系方式"),
    "address": (
        "居住地址", "Address", "现住址", "住址", "地址", "家庭住址", "家庭地址", "详细地址", "详细住址",
        "房屋地址", "出租屋地址", "门牌地址", "楼栋门牌", "楼栋门牌号", "实际居住地址", "实际居住地", "现居住地址", "现居住地", "现居地址",
        "居住地", "住宅地址", "home address", "current address", "residential address",
        "living address", "full address",
    ),
    "registered_address": (
        "户籍地址", "Registered address", "户籍地", "户籍所在地", "户口所在地", "户口地址", "户籍详细地址",
        "户口登记地", "hukou address", "hukou",
    ),
    "registered_estate": ("户籍小区", "Registered estate", "户籍小区/建筑"),
    "estate": (
        "小区", "Estate", "小区名称", "现住小区", "现住小区/建筑", "小区/建筑", "小区/建筑名称", "所在小区", "所属小区",
        "小区名", "compound", "residential estate",
    ),
    "building": (
        "楼栋", "Building", "楼号", "栋", "幢", "楼栋号", "栋号", "幢号", "楼幢", "楼幢号", "楼宇", "楼栋名称", "楼",
        "座", "building number", "building no", "block",
    ),
    "unit": ("单元", "Unit", "单元号", "梯", "门洞", "单元名称", "unit number", "unit no", "entrance"),
    "room": (
        "房号", "Room", "房间号", "室号", "室", "户室", "门牌号", "门牌", "房间", "房屋", "门牌号码", "房间号码",
        "户室号", "房屋号", "室号码", "room number", "room no", "door", "door number", "flat",
    ),
    "household_number": (
        "户编号", "Household number", "户序号", "户号", "户编码", "户别", "家庭编号", "household no",
        "household id", "household",
    ),
    "community": ("社区", "Community", "村社区", "所属社区", "社区名称", "所在社区", "村居", "村/社区", "village"),
    "grid": ("所属网格", "Grid", "网格", "网格名称", "网格编号", "网格号", "所在网格", "grid name", "grid number", "grid code"),
    "relation": (
        "与户主关系", "Relation to head", "与户主的关系", "与其他人员关系", "家庭关系", "户主关系", "关系",
        "户主或与户主关系", "家庭成员关系", "relation", "relationship", "relationship to head",
        "relation to householder",
    ),
    "is_head": ("是否户主", "Is head", "户主标识", "head of household", "is head of household"),
    "head_name": ("户主姓名", "Name of head", "户主", "在深户主", "head", "head name", "householder"),
    "lives_here": (
        "在住", "Lives here", "是否在住", "是否常住", "常住", "是否居住", "是否居住在此", "人在", "是否实际居住",
        "living here", "resident here",
    ),
    "separated": ("是否人户分离", "Registered elsewhere", "人户分离", "人户是否分离"),
    "person_kind": (
        "人员类型", "Kind of resident", "人员类别", "人员属性", "人口类型", "人口性质", "居住类型", "人口类别", "户籍类型",
        "户口性质类别", "resident type", "person type", "residency type", "kind",
    ),
    "occupancy": (
        "房屋状态", "Occupancy", "居住情况", "居住状态", "使用方式", "房屋用途", "房屋使用情况", "房屋类型", "房屋性质",
        "住房性质", "住房情况", "入住方式", "是否出租", "是否空户", "是否空置", "house status", "dwelling status", "tenure",
    ),
    "care": (
        "重点类别", "Care tags", "重点人员类别", "特殊属性", "重点服务人员", "重点管理人员", "重点关爱", "关爱类别",
        "关爱标签", "服务标签", "人群标签", "人群分类", "特殊人群", "人员标签", "重点人群", "重点人群类别", "标签",
        "care", "care tag", "tags", "priority care",
    ),
    "note": ("备注", "Note", "备注信息", "其他说明", "简介", "说明", "notes", "remark", "remarks", "comment", "comments"),
    "away_place": ("在外地点", "Place away", "外出地点", "务工地点", "去向"),
    "moved_out": ("是否已迁出", "Moved out", "是否迁出", "已迁出", "是否搬离", "是否搬走"),
    "moved_out_on": ("迁出日期", "Moved out on", "迁出时间", "搬离时间", "搬离日期", "离开日期", "搬走日期", "move-out date"),
    "moved_to": ("迁往地", "Moved to", "迁往地址", "迁出去向"),
    "died": ("是否已死亡", "Died", "是否死亡", "已死亡", "deceased", "is deceased"),
    "died_on": ("死亡日期", "Died on", "死亡时间", "去世日期", "date of death"),
    "moved_in_on": (
        "入住日期", "Moved in on", "入住时间", "迁入日期", "迁入时间", "居住开始日期", "来本地日期", "move-in date",
        "since",
    ),
    "birth_date": ("出生日期", "Birth date", "出生年月日", "出生年月", "生日", "出生时间", "born", "date of birth", "dob", "birthday"),
    "sex": ("性别", "Sex", "gender"),
    "longitude": ("经度", "Longitude", "楼栋经度", "lon", "lng"),
    "latitude": ("纬度", "Latitude", "楼栋纬度", "lat"),
    "datum": (
        "坐标系", "Coordinate system", "坐标系统", "坐标类型", "坐标来源", "datum", "crs",
    ),
    # Running numbers of lines carry nothing.
    "serial": ("序号", "No.", "编号", "no", "#", "sn", "serial", "row number"),
    # The columns that the workbook of problems adds; understood when it is uploaded again.
    "report_row": ("原表行号", "Row in the file"),
    "report_problem": ("问题", "What is wrong"),
    "report_address": ("沿用的地址", "Address carried over"),
    "report_checked": ("已核对（填“是”）", "Checked (write yes)"),
}  # fmt: skip

REPORT_FIELDS = ("report_row", "report_problem", "report_checked", "report_address")
MULTIPLE = {"phone", "emergency_phone", "landlord_phone", "note", "care"}
ADDRESS_FIELDS = {
    "address",
    "registered_address",
    "estate",
    "building",
    "unit",
    "room",
    "household_number",
}
BRACKETS = re.compile(r"[(\[【〔].*?[)\]】〕]")
DECORATION = re.compile(r"[\s*★☆:：﹡\"'“”]+")


def plain_heading(text: object) -> str:
    """Return the heading without blanks, stars and colons, in half width and lower case."""
    return DECORATION.sub("", unicodedata.normalize("NFKC", str(text))).lower()


FIELD_OF = {
    plain_heading(heading): name for name, headings in HEADINGS.items() for heading in headings
}


def field_of(heading: object) -> str | None:
    """Return what a column under this heading holds, also when a bracket explains it."""
    text = plain_heading(heading)
    return FIELD_OF.get(text) or FIELD_OF.get(BRACKETS.sub("", text)) if text else None


def heading_of(name: str, *, chinese: bool) -> str:
    return HEADINGS[name][0 if chinese else 1]


@dataclass(slots=True)
class Header:
    """Where the headings stand, and which columns hold which field.

    `unused` lists headings that nobody here knows, and second columns of a field that can
    be held once; the preview shows them.
    """

    first_row: int
    last_row: int
    headings: list[str]
    fields: dict[str, list[int]] = field(default_factory=dict)
    unused: list[str] = field(default_factory=list)

    def has(self, *names: str) -> bool:
        return any(name in self.fields for name in names)

    @property
    def is_register(self) -> bool:
        """Whether these columns can say who lives where."""
        return self.has("name") and len(self.fields) > 1


def find_header(rows: Sequence[Sequence[object]]) -> Header | None:
    """Find the headings among the first twenty rows; None when no row names a register.

    The row that knows most columns wins. A second line below it fills the gaps that a
    heading merged over several columns leaves.
    """
    best = None
    for number, row in enumerate(rows[:HEADER_SEARCH_ROWS]):
        below = rows[number + 1 : number + 2]
        lines = [row, below[0]] if below and fills_gaps(row, below[0]) else [row]
        header = read_header(number, lines)
        if header.is_register and (best is None or len(header.fields) > len(best.fields)):
            best = header
    return best


def fills_gaps(row: Sequence[object], below: Sequence[object]) -> bool:
    """Say whether the line below continues the headings: 小区, 楼栋, 房号 under a merged 住址."""
    if sum(1 for cell in row if field_of(cell)) < FEWEST_HEADINGS:
        return False
    width = min(len(row), len(below))
    known = {index for index in range(width) if field_of(below[index])}
    blank = {index for index in known if not plain_heading(row[index])}
    under_merged = {index for index in known if index + 1 in blank}
    return len(blank) > 0 and len(known) > 1 and known == blank | under_merged


def read_header(first_row: int, rows: Sequence[Sequence[object]]) -> Header:
    headings = [""] * max(len(row) for row in rows)
    for row in rows:
        for index, cell in enumerate(row):
            if str(cell).strip() and (not headings[index] or field_of(cell)):
                headings[index] = " ".join(str(cell).split())
    header = Header(first_row, first_row + len(rows) - 1, headings)
    for index, heading in enumerate(headings):
        name = field_of(heading)
        if name is None:
            if heading:
                header.unused.append(heading)
        elif name in header.fields and name not in MULTIPLE:
            header.unused.append(heading)
        else:
            header.fields.setdefault(name, []).append(index)
    return header
