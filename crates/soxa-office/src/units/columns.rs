//! What lists of units may hold, and the words that stand in them.

use soxa_records::unit::{Extent, UnitKind};

use crate::columns::{Column, Form, column, required};
use crate::take::Words;

pub(super) const KINDS: Words<UnitKind> = Words {
    all: UnitKind::ALL,
    as_str: UnitKind::as_str,
    section: "records.unit_kind",
};
pub(super) const EXTENTS: Words<Extent> = Words {
    all: Extent::ALL,
    as_str: Extent::as_str,
    section: "records.extent",
};
pub(super) const OTHER_EXTENTS: &[(&str, Extent)] = &[
    ("full", Extent::Whole),
    ("toan bo dien tich dan so", Extent::Whole),
    ("partial", Extent::Portion),
];
/// Words that names of units begin with, folded; the longer ones first.
pub(super) const NAMED_KINDS: &[(&str, UnitKind)] = &[
    ("trung tam phuc vu hanh chinh cong", UnitKind::PublicServiceCentre),
    ("trung tam dich vu tong hop", UnitKind::ServiceCentre),
    ("thi tran", UnitKind::Township),
    ("dac khu", UnitKind::SpecialZone),
    ("phuong", UnitKind::Ward),
    ("xa", UnitKind::Commune),
    ("thanh pho", UnitKind::District),
    ("thi xa", UnitKind::District),
    ("huyen", UnitKind::District),
    ("quan", UnitKind::District),
    ("tinh", UnitKind::Province),
    ("so", UnitKind::Department),
    ("phong", UnitKind::Division),
];

/// The columns of lists of units, those of the national lists among them.
pub const COLUMNS: &[Column] = &[
    column(
        "kind",
        "records.field.kind",
        Form::Text,
        &["loai don vi", "loai hinh", "cap", "type"],
    ),
    required(column(
        "name",
        "records.field.name",
        Form::Text,
        &[
            "ten don vi",
            "ten don vi hanh chinh",
            "ten xa phuong",
            "ten day du",
            "ten don vi cu",
            "don vi cu",
            "full name vi",
            "old commune name",
        ],
    )),
    column(
        "code",
        "records.field.code",
        Form::Text,
        &[
            "ma so",
            "ma don vi",
            "ma dvhc",
            "ma xa",
            "ma don vi cu",
            "unit code",
            "old commune code",
        ],
    ),
    column(
        "parent_code",
        "cli.label.parent_code",
        Form::Text,
        &[
            "ma cap tren",
            "ma huyen",
            "ma tinh",
            "province code",
            "old district code",
        ],
    ),
    column(
        "parent",
        "records.field.parent_unit",
        Form::Text,
        &[
            "cap tren",
            "truc thuoc",
            "thuoc",
            "huyen",
            "tinh",
            "old district name",
        ],
    ),
    column(
        "opened",
        "records.field.opened",
        Form::Day,
        &["ngay thanh lap", "hoat dong tu", "open"],
    ),
    column(
        "closed",
        "records.field.closed",
        Form::Day,
        &["ngay giai the", "ngay sap nhap", "close"],
    ),
    column(
        "successor_code",
        "cli.label.successor_code",
        Form::Text,
        &["ma don vi moi", "new unit code"],
    ),
    column(
        "successor",
        "records.field.successor",
        Form::Text,
        &[
            "don vi moi",
            "ten don vi moi",
            "sap nhap vao",
            "nhap vao",
            "new unit name",
        ],
    ),
    column("extent", "records.field.extent", Form::Text, &["part"]),
    column(
        "basis",
        "records.field.legal_basis",
        Form::Text,
        &[
            "nghi quyet",
            "so nghi quyet",
            "can cu phap ly",
            "quyet dinh",
            "resolution",
        ],
    ),
    column(
        "other_code",
        "cli.label.other_code",
        Form::Text,
        &["ma khac", "code in cv1027"],
    ),
];
