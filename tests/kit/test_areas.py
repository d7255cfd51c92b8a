"""The area tree: the shipped region, another one, and files that cannot be taken."""

import csv
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fengsui.kit.areas import Areas
from fengsui.kit.errors import BadInput, NotFound
from fengsui.kit.text import Text

INNER_MONGOLIA = Areas.of_region()
SHARED = Path(__file__).parents[2] / "../shared/data/geo"
DEVELOPMENT_ZONES = {"150172", "150271", "150571", "152571", "152971"}

known_codes = st.sampled_from(INNER_MONGOLIA.codes)

HEADER = """
region: two-cities
name: {zh: 两城, en: Two Cities}
zone: America/New_York
levels:
  - {key: region, zh: 区域, en: region}
  - {key: city, zh: 市, en: city}
  - {key: ward, zh: 区, en: ward}
  - {key: site, zh: 场所, en: site}
"""
COLUMNS = "code,parent,level,name_zh,name_en,kind,valid_from,valid_until,zone,alias\n"
ROWS = """TC,,region,两城,Two Cities,,,,,
DE-1,TC,city,柏林,Berlin,,,,Europe/Berlin,Spree-Athen
DE-1-09,DE-1,ward,特雷普托,Treptow,,1920-10-01,2001-01-01,,
DE-1-09,DE-1,ward,特雷普托-克珀尼克,Treptow-Köpenick,,2001-01-01,,,
US-SYR,TC,city,雪城,Syracuse,,,,,Salt City|SYR
US-SYR/dome,US-SYR,site,,Dome,stadium,,,,
US-SYR-N,US-SYR,ward,,North Side,,,,,North
DE-1-N,DE-1,ward,,Nord,,,,,North
"""


def write_region(folder: Path, rows: str = ROWS, header: str = HEADER) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "region.yaml").write_text(header, encoding="utf-8")
    (folder / "areas.csv").write_text(COLUMNS + rows, encoding="utf-8")
    return folder


@pytest.fixture
def two_cities(tmp_path):
    return Areas.read(write_region(tmp_path))


def on(text: str) -> int:
    return date.fromisoformat(text).toordinal() - date(1970, 1, 1).toordinal()


# The shipped region


def test_inner_mongolia_has_twelve_leagues_and_a_hundred_and_three_banners():
    levels = [INNER_MONGOLIA.get(code).level for code in INNER_MONGOLIA.codes]
    assert {level: levels.count(level) for level in ("region", "league", "banner")} == {
        "region": 1, "league": 12, "banner": 103,
    }  # fmt: skip
    assert not DEVELOPMENT_ZONES & set(INNER_MONGOLIA.codes)


def test_every_shipped_area_is_named_in_both_languages():
    names = [INNER_MONGOLIA.get(code).name for code in INNER_MONGOLIA.codes]
    assert all(name.zh and name.en for name in names)
    assert len({name.en for name in names}) == len(names)


def test_the_shipped_codes_and_names_are_those_of_the_statistics_office():
    path = SHARED / "im_divisions_l1_l4.csv"
    if not path.exists():
        pytest.skip("the shared data are not here")
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["level"] in "123"]
    theirs = {row["adcode"]: (row["name"], row["parent_adcode"] or None) for row in rows}
    areas = map(INNER_MONGOLIA.get, INNER_MONGOLIA.codes)
    ours = {area.code: (area.name.zh, area.parent) for area in areas if area.level != "site"}
    assert ours == {code: said for code, said in theirs.items() if code not in DEVELOPMENT_ZONES}


def test_every_township_and_village_of_the_statistics_office_lies_in_its_banner():
    path = SHARED / "im_villages.csv"
    if not path.exists():
        pytest.skip("the shared data are not here")
    with path.open(encoding="utf-8", newline="") as file:
        codes = [row["code"] for row in csv.DictReader(file)]
    assert len(codes) == 14592
    lies_in = {code: INNER_MONGOLIA.resolve(code) for code in codes}
    astray = {code[:6]: known for code, known in lies_in.items() if known != code[:6]}
    assert astray == {zone: zone[:4] + "00" for zone in DEVELOPMENT_ZONES}


def test_every_airport_is_a_port_of_the_region():
    path = SHARED / "im_airports.csv"
    if not path.exists():
        pytest.skip("the shared data are not here")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = [(INNER_MONGOLIA.find(row["iata"]), INNER_MONGOLIA.find(row["icao"])) for row in rows]
    assert all(iata is icao and iata.kind == "port" for iata, icao in found)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("海拉尔", "150702"), ("海拉尔区", "150702"), ("Hailar", "150702"), ("hailar district", "150702"),
        ("150702", "150702"), ("１５０７０２", "150702"), ("呼伦贝尔市海拉尔区", "150702"),
        ("内蒙古自治区呼伦贝尔市海拉尔区", "150702"), ("Hulun Buir", "150700"), ("1507", "150700"),
        ("内蒙古", "150000"), ("15", "150000"), ("二连浩特", "152501"), ("Erenhot", "152501"),
        ("二连口岸", "152501-ERC"), ("CNRLC", "152501-ERC"), ("额济纳旗", "152923"), ("达茂旗", "150223"),
        ("Ejina Banner", "152923"), ("满洲里口岸", "150781-MLX"), ("甘其毛都", "150824-GQD"),
        ("白塔机场", "150105-HET"),
    ],
)  # fmt: skip
def test_an_area_is_found_by_its_code_its_names_and_its_aliases(text, code):
    assert INNER_MONGOLIA.find(text).code == code


@pytest.mark.parametrize("text", ["海南", "Berlin", "", "110000", "150799"])
def test_what_names_no_area_of_the_region_is_not_found(text):
    # 海南 is a province to everyone but the people of Wuhai, so it is not an alias of 海南区.
    assert INNER_MONGOLIA.find(text) is None


@pytest.mark.parametrize(
    ("code", "known"),
    [
        ("150702", "150702"), ("150702001", "150702"), ("150702001001", "150702"), ("150702000000", "150702"),
        ("150700000000", "150700"), ("150702/hotel-3", "150702"), ("150781-MLX/gate-2", "150781-MLX"),
        ("150781-XXX", "150781"), ("1507", "150700"), ("150799001", "150700"), ("150172", "150100"),
        ("110105001", None), ("hotel-3", None), ("", None),
    ],
)  # fmt: skip
def test_a_longer_code_lies_in_the_nearest_known_area(code, known):
    assert INNER_MONGOLIA.resolve(code) == known


def test_a_code_outside_of_the_region_cannot_be_filed():
    assert INNER_MONGOLIA.register("150702/hotel-3") == "150702"
    with pytest.raises(NotFound, match="110105"):
        INNER_MONGOLIA.register("110105")


def test_ancestors_children_and_path_follow_the_tree():
    assert INNER_MONGOLIA.path("150781-MLX") == ("150000", "150700", "150781", "150781-MLX")
    assert INNER_MONGOLIA.ancestor("150781-MLX", "league") == "150700"
    assert INNER_MONGOLIA.ancestor("150781", "banner") == "150781"
    assert INNER_MONGOLIA.ancestor("150700", "banner") is None
    assert INNER_MONGOLIA.ancestor("150781-MLX", "township") is None
    assert INNER_MONGOLIA.children("150784") == ("150784-HST", "150784-SWI")
    assert len(INNER_MONGOLIA.children("150000")) == 12
    assert INNER_MONGOLIA.children("150702-HLD") == ()


def test_it_covers_what_lies_in_it_and_itself():
    assert INNER_MONGOLIA.covers("150700", "150781-MLX")
    assert INNER_MONGOLIA.covers("150781", "150781")
    assert not INNER_MONGOLIA.covers("150781", "150700")
    assert not INNER_MONGOLIA.covers("150700", "152501")


@given(known_codes, known_codes)
def test_a_range_of_numbers_is_exactly_what_lies_in_an_area(outer, inner):
    low, high = INNER_MONGOLIA.span(outer)
    inside = outer in INNER_MONGOLIA.path(inner)
    assert (low <= INNER_MONGOLIA.index[inner] < high) == inside == INNER_MONGOLIA.covers(outer, inner)


@given(known_codes)
def test_the_table_of_ancestors_says_what_the_path_says(code):
    row = INNER_MONGOLIA.ancestors[INNER_MONGOLIA.index[code]]
    assert tuple(INNER_MONGOLIA.codes[i] for i in row if i >= 0) == INNER_MONGOLIA.path(code)
    for above in INNER_MONGOLIA.path(code):
        level = INNER_MONGOLIA.levels.index(INNER_MONGOLIA.get(above).level)
        assert row[level] == INNER_MONGOLIA.index[above]


def test_the_numbering_fits_the_kernel():
    assert INNER_MONGOLIA.levels == ("region", "league", "banner", "township", "village", "site")
    assert INNER_MONGOLIA.ancestors.shape == (len(INNER_MONGOLIA), 6)
    assert INNER_MONGOLIA.ancestors.dtype == np.int32
    assert INNER_MONGOLIA.zone_of.dtype == np.int16
    assert INNER_MONGOLIA.zones == ("Asia/Shanghai",)
    assert INNER_MONGOLIA.span("150000") == (0, len(INNER_MONGOLIA))


def test_unknown_codes_and_regions_are_not_found():
    for ask in (INNER_MONGOLIA.get, INNER_MONGOLIA.path, INNER_MONGOLIA.span, INNER_MONGOLIA.children):
        with pytest.raises(NotFound, match="990000"):
            ask("990000")
    for name in ("atlantis", "../kit"):
        with pytest.raises(NotFound, match="No region"):
            Areas.of_region(name)


def test_an_area_is_not_there_before_it_began():
    assert INNER_MONGOLIA.get("150703", on=on("2013-03-08")).name.zh == "扎赉诺尔区"
    with pytest.raises(NotFound, match="on that day"):
        INNER_MONGOLIA.get("150703", on("2013-03-07"))


# Another region is another file


def test_a_region_reads_its_name_country_and_levels_from_its_header(two_cities):
    assert two_cities.region.name == Text("两城", "Two Cities")
    assert two_cities.region.country is None
    assert two_cities.region.level_names["ward"] == Text("区", "ward")
    assert two_cities.levels == ("region", "city", "ward", "site")


def test_zones_come_from_the_nearest_area_above_that_has_one(two_cities):
    zones = {code: two_cities.get(code).zone for code in two_cities.codes}
    assert {code for code, zone in zones.items() if zone == "Europe/Berlin"} == {"DE-1", "DE-1-09", "DE-1-N"}
    assert {two_cities.zones[z] for z in two_cities.zone_of} == {"America/New_York", "Europe/Berlin"}
    assert two_cities.zones[two_cities.zone_of[two_cities.index["US-SYR/dome"]]] == "America/New_York"


def test_a_renamed_area_has_the_name_of_the_day(two_cities):
    assert two_cities.get("DE-1-09", on=on("2000-12-31")).name.en == "Treptow"
    assert two_cities.get("DE-1-09", on=on("2001-01-01")).name.en == "Treptow-Köpenick"
    assert two_cities.get("DE-1-09").name.en == "Treptow-Köpenick"
    with pytest.raises(NotFound):
        two_cities.get("DE-1-09", on=on("1920-09-30"))


def test_a_former_name_still_finds_the_area(two_cities):
    assert two_cities.find("Treptow").code == "DE-1-09"
    assert two_cities.find("salt city").code == "US-SYR"


def test_a_name_two_areas_of_a_level_share_finds_neither(two_cities):
    assert two_cities.find("North") is None
    assert two_cities.find("North Side").code == "US-SYR-N"


def test_codes_are_cut_only_where_their_parts_end(two_cities):
    assert two_cities.resolve("DE-1/clinic") == "DE-1"
    assert two_cities.resolve("DE-1-09.house:2") == "DE-1-09"
    assert two_cities.resolve("DE-10") is None
    assert two_cities.resolve("US-SYR/dome/gate-1") == "US-SYR/dome"


def test_a_region_may_be_named_by_its_header_file(tmp_path):
    assert len(Areas.read(write_region(tmp_path) / "region.yaml")) == 7


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (",TC,city,,Nowhere,,,,,", "code"),
        ("X,TC,planet,,X,,,,,", "level"),
        ("X,TC,city,,,,,,,", "name_zh"),
        ("X,TC,city,,X,,last year,,,", "valid_from"),
        ("X,TC,city,,X,,,2021-02-30,,", "valid_until"),
        ("X,TC,city,,X,,,,Asia/Hohhot,", "zone"),
        ("X,,city,,X,,,,,", "parent"),
        ("X,Y,city,,X,,,,,", "parent"),
        ("X,DE-1-09,city,,X,,,,,", "parent"),
        ("X,X,city,,X,,,,,", "parent"),
        ("US-SYR,TC,city,,Again,,,,,", "valid_from"),
        ("US-SYR,DE-1,ward,,Again,,2030-01-01,,,", "level"),
    ],
)
def test_a_row_that_cannot_be_taken_is_named_by_line_and_field(tmp_path, row, field):
    with pytest.raises(BadInput) as caught:
        Areas.read(write_region(tmp_path, rows=ROWS + row + "\n"))
    assert (field, "areas.csv:10") in {(finding.field, finding.where) for finding in caught.value.findings}


def test_all_faults_of_a_file_are_named_at_once(tmp_path):
    rows = ROWS + "X,TC,planet,,X,,,,,\nY,TC,city,,,,soon,,,\n"
    with pytest.raises(BadInput) as caught:
        Areas.read(write_region(tmp_path, rows=rows))
    assert [finding.field for finding in caught.value.findings] == ["level", "name_zh", "valid_from"]


def test_a_region_has_its_own_words_for_posts_and_names_the_packs_it_uses(tmp_path):
    more = "roles: {sheriff: {zh: 警长, en: Sheriff}}\nuses: [border, cn.covid19/case]\n"
    region = Areas.read(write_region(tmp_path, header=HEADER + more)).region
    assert region.role_names == {"sheriff": Text("警长", "Sheriff")}
    assert region.uses == ("border", "cn.covid19/case")


def test_a_region_uses_everything_unless_it_says_otherwise(two_cities, tmp_path):
    assert two_cities.region.uses is None
    assert Areas.read(write_region(tmp_path / "all", header=HEADER + "uses: all\n")).region.uses is None
    assert Areas.read(write_region(tmp_path / "none", header=HEADER + "uses: []\n")).region.uses == ()


@pytest.mark.parametrize(
    "header", ["", "region: [", "region: x\n", HEADER.replace("America/New_York", "Moon")]
)
def test_a_header_that_cannot_be_read_is_refused(tmp_path, header):
    with pytest.raises(BadInput) as caught:
        Areas.read(write_region(tmp_path, header=header))
    assert caught.value.findings[0].where == "region.yaml"


def test_a_table_without_its_columns_is_refused(tmp_path):
    folder = write_region(tmp_path)
    (folder / "areas.csv").write_text("id,name\n1,x\n", encoding="utf-8")
    with pytest.raises(BadInput, match="code, parent, level"):
        Areas.read(folder)


def test_a_region_without_files_is_not_found(tmp_path):
    with pytest.raises(NotFound, match=r"region\.yaml"):
        Areas.read(tmp_path)
