//! Categories of assets by day, and what wears of a cost.

use soxa_ledger::ids::OpId;
use soxa_records::asset::category::{AssetCategories, AssetCategory};
use soxa_records::asset::wear::{Unworn, Wear, WearBase};
use soxa_records::asset::{AssetView, Class};
use soxa_records::reference::{ReferencePart, ReferenceTable, ReferenceVersion, ReferenceView};
use soxa_records::{CanonicalState, Date, Field, RecordKind, Written};

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

fn one<T>(value: T) -> Field<T> {
    several([value])
}

fn several<T, const N: usize>(values: [T; N]) -> Field<T> {
    let mut n = 0;
    let values = values.map(|value| {
        n += 1;
        Written {
            op: OpId([n; 32]),
            value,
        }
    });
    Field {
        values: values.into(),
    }
}

/// A version of a category; the years of its life and its rate where there are any.
fn version(key: &str, (from, until): (&str, &str), worn: Option<(&str, &str)>) -> ReferenceVersion {
    let regime = key.split(' ').next().unwrap_or_default();
    let mut parts = vec![("regime", regime), ("name", "Máy vi tính")];
    if let Some((years, rate)) = worn {
        parts.extend([("useful_life_years", years), ("annual_rate_pct", rate)]);
    }
    let part = |(name, text): (&str, &str)| ReferencePart {
        name: name.to_owned(),
        text: text.to_owned(),
    };
    ReferenceVersion {
        table: ReferenceTable::AssetCategory,
        key: key.to_owned(),
        from: date(from),
        until: until.parse().ok(),
        parts: parts.into_iter().map(part).collect(),
        basis: String::new(),
    }
}

fn categories(versions: &[ReferenceVersion]) -> AssetCategories {
    let views: Vec<ReferenceView> = versions
        .iter()
        .map(|version| ReferenceView {
            table: one(version.table),
            key: one(version.key.clone()),
            versions: vec![(OpId([0; 32]), version.clone())],
        })
        .collect();
    AssetCategories::of(&views)
}

const OLD: (&str, &str) = ("2023-06-10", "2025-12-31");
const NEW: (&str, &str) = ("2026-01-01", "");

/// Computers under the two circulars, tools, and land.
fn published() -> AssetCategories {
    categories(&[
        version("TT23/2023 V.1", OLD, Some(("5", "20"))),
        version("TT23/2023 III", OLD, Some(("15", "6.67"))),
        version("TT141/2025 0503", NEW, Some(("7", "14.29"))),
        version("TT141/2025 03", NEW, Some(("15", "6.67"))),
        version("TT141/2025 07", NEW, None),
        version("TT141/2025 0505", NEW, Some(("3", "33.33"))),
    ])
}

fn class(key: &str, from: &str) -> Class {
    let (regime, code) = key.split_once(' ').unwrap();
    Class {
        regime: regime.to_owned(),
        code: code.to_owned(),
        from: date(from),
    }
}

fn asset(cost: i64, in_use: u16, classes: &[(&str, &str)]) -> AssetView {
    let state = CanonicalState {
        kind: Some(RecordKind::Asset),
        ..CanonicalState::default()
    };
    AssetView {
        cost: one(cost),
        in_use_year: one(in_use),
        classes: classes.iter().map(|(key, from)| class(key, from)).collect(),
        ..AssetView::of(&state).unwrap()
    }
}

#[track_caller]
fn check(asset: &AssetView, day: &str, accumulated: i64, residual: i64) {
    let published = published();
    let wear = Wear::on(asset, &published, date(day)).unwrap();
    assert_eq!(
        (wear.accumulated, wear.residual),
        (accumulated, residual),
        "{day}"
    );
}

#[test]
fn a_year_wears_whole_on_its_last_day_and_the_next_circular_changes_the_rate() {
    let both = [("TT23/2023 V.1", "2023-06-10"), ("TT141/2025 0503", "2026-01-01")];
    let computer = asset(15_000_000, 2023, &both);
    check(&computer, "2023-12-30", 0, 15_000_000);
    check(&computer, "2023-12-31", 3_000_000, 12_000_000);
    check(&computer, "2025-11-15", 6_000_000, 9_000_000);
    check(&computer, "2025-12-31", 9_000_000, 6_000_000);
    check(&computer, "2026-12-31", 11_143_500, 3_856_500);
    check(&computer, "2027-12-31", 13_287_000, 1_713_000);
    check(&computer, "2028-12-31", 15_000_000, 0);
    check(&computer, "2999-01-01", 15_000_000, 0);

    let published = published();
    let wear = Wear::on(&computer, &published, date("2027-12-31")).unwrap();
    let spans: Vec<_> = wear
        .spans
        .iter()
        .map(|span| (span.category.key(), span.first, span.last))
        .collect();
    assert_eq!(
        spans,
        [
            ("TT23/2023 V.1".to_owned(), 2023, 2025),
            ("TT141/2025 0503".to_owned(), 2026, 2027)
        ]
    );
    assert_eq!((wear.base, wear.yearly), (WearBase::InUse(2023), Some(2_143_500)));
}

#[test]
fn what_was_never_classified_anew_keeps_its_category_and_says_from_when_none_holds() {
    let car = asset(900_000_000, 2020, &[("TT23/2023 III", "2023-06-10")]);
    // The years before the first published circular count by it.
    check(&car, "2025-12-31", 6 * 60_030_000, 900_000_000 - 6 * 60_030_000);
    check(&car, "2027-12-31", 6 * 60_030_000, 900_000_000 - 6 * 60_030_000);
    let published = published();
    let wear = |day| Wear::on(&car, &published, date(day)).unwrap();
    assert_eq!(wear("2025-12-31").unruled_from, None);
    assert_eq!(wear("2027-12-31").unruled_from, Some(2026));
    assert_eq!(wear("2027-12-31").yearly, None);
}

#[test]
fn in_the_last_year_of_a_life_wears_what_is_left() {
    let machine = asset(10_000_001, 2026, &[("TT141/2025 0505", "2026-01-01")]);
    check(&machine, "2027-12-31", 2 * 3_333_000, 10_000_001 - 2 * 3_333_000);
    check(&machine, "2028-12-31", 10_000_001, 0);
    let car = asset(1_000, 2011, &[("TT23/2023 III", "2023-06-10")]);
    check(&car, "2024-12-31", 14 * 67, 1_000 - 14 * 67);
    check(&car, "2025-12-31", 1_000, 0);
}

#[test]
fn half_a_dong_is_rounded_up() {
    let published = published();
    let category = |key: &str, day: &str| published.on(key, date(day)).unwrap();
    let computers = category("TT141/2025 0503", "2026-01-01");
    assert_eq!(computers.yearly(50), 7); // 7.145
    assert_eq!(computers.yearly(350), 50); // 50.015
    let cars = category("TT141/2025 03", "2026-01-01");
    assert_eq!(cars.yearly(15), 1); // 1.0005
    assert_eq!(cars.yearly(5_000), 334); // 333.5
    assert_eq!(category("TT141/2025 07", "2026-01-01").yearly(5_000), 0);
    let all = version("R 1", NEW, Some(("1", "100")));
    let all = AssetCategory::read(&all).unwrap();
    assert_eq!(all.yearly(i64::MAX), i64::MAX);
}

#[test]
fn tools_do_not_wear() {
    let chairs = asset(9_000_000, 2020, &[("TT141/2025 07", "2026-01-01")]);
    check(&chairs, "2030-12-31", 0, 9_000_000);
}

#[test]
fn a_stated_residual_value_of_a_day_is_what_wear_is_counted_from() {
    let both = [("TT23/2023 V.1", "2023-06-10"), ("TT141/2025 0503", "2026-01-01")];
    let mut computer = asset(15_000_000, 2023, &both);
    computer.residual = one(8_000_000);
    // Of a day that nobody told, nothing can be counted on.
    check(&computer, "2024-12-31", 6_000_000, 9_000_000);
    computer.residual_on = one(date("2024-12-31"));
    check(&computer, "2024-12-31", 7_000_000, 8_000_000);
    check(&computer, "2025-12-31", 10_000_000, 5_000_000);
    // Before that day it says nothing.
    check(&computer, "2023-12-31", 3_000_000, 12_000_000);
    computer.residual_on = one(date("2024-12-30"));
    check(&computer, "2024-12-31", 10_000_000, 5_000_000);
    computer.in_use_year = Field::default();
    check(&computer, "2024-12-31", 10_000_000, 5_000_000);
}

#[test]
fn what_is_missing_or_disputed_is_told() {
    let published = published();
    let computer = asset(15, 2023, &[("TT23/2023 V.1", "2023-06-10")]);
    let check = |change: &dyn Fn(&mut AssetView), expected| {
        let mut computer = computer.clone();
        change(&mut computer);
        let found = Wear::on(&computer, &published, date("2025-12-31"));
        assert_eq!(found.unwrap_err(), expected);
    };
    check(&|asset| asset.classes.clear(), Unworn::NoCategory);
    check(
        &|asset| asset.classes = vec![class("TT99/2099 1", "2023-06-10")],
        Unworn::NoCategory,
    );
    check(&|asset| asset.in_use_year = Field::default(), Unworn::NoYear);
    check(&|asset| asset.cost = several([1, 2]), Unworn::Disputed);
    check(&|asset| asset.residual = several([1, 2]), Unworn::Disputed);
    check(
        &|asset| asset.classes.push(class("TT23/2023 III", "2023-06-10")),
        Unworn::Disputed,
    );
}

#[test]
fn a_category_says_a_life_and_a_rate_or_neither() {
    let good = version("TT141/2025 0503", NEW, Some(("7", "14.29")));
    let read = AssetCategory::read(&good).unwrap();
    assert_eq!(
        (
            read.regime.as_str(),
            read.code.as_str(),
            read.life_years,
            read.rate
        ),
        ("TT141/2025", "0503", Some(7), Some(14_290))
    );
    let refused = |version: ReferenceVersion, part| {
        let bad = AssetCategory::read(&version).unwrap_err();
        assert_eq!(bad.part, part, "{bad}");
    };
    refused(
        version("TT141/2025 0503", NEW, Some(("seven", "1"))),
        "useful_life_years",
    );
    refused(
        version("TT141/2025 0503", NEW, Some(("7", "100.001"))),
        "annual_rate_pct",
    );
    refused(
        version("TT141/2025 0503", NEW, Some(("7", "-1"))),
        "annual_rate_pct",
    );
    refused(
        ReferenceVersion {
            key: "TT141/20250503".to_owned(),
            ..good.clone()
        },
        "regime",
    );
    refused(
        ReferenceVersion {
            table: ReferenceTable::Form,
            ..good
        },
        "table",
    );
}

#[test]
fn an_unknown_category_has_near_ones() {
    let published = published();
    assert_eq!(
        published.near("TT141/2025", "0504", 2),
        ["TT141/2025 0503", "TT141/2025 0505"]
    );
    assert_eq!(published.near("TT141/2025", "III", 9), ["TT23/2023 III"]);
}
