//! The same records in any order give the same report.

use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use soxa_ledger::RecordId;
use soxa_records::asset::category::AssetCategories;
use soxa_records::person::WorkField;
use soxa_records::person::view::PersonView;
use soxa_records::roster::AssignmentKind;
use soxa_records::roster::view::RosterView;
use soxa_records::unit::UnitKind;
use soxa_records::unit::view::UnitView;
use soxa_records::working_days::WorkingDays;
use soxa_views::Report;
use soxa_views::dossiers::DossierRow;
use soxa_views::holding::Minutes;
use soxa_views::staffing::staffing;
use soxa_views::structure::structure;
use soxa_views::units::Units;

use crate::make::{
    add_post, assign, day, handed_to, id, measures, on, person, roster, two, unit, with_quota,
};

/// Some of everything, with people in several posts, moved, disputed.
#[derive(Clone)]
struct Records {
    units: Vec<(RecordId, UnitView)>,
    persons: Vec<(RecordId, PersonView)>,
    rosters: Vec<(RecordId, RosterView)>,
    handovers: Vec<(RecordId, soxa_records::handover::view::HandoverView)>,
    assets: Vec<(RecordId, soxa_records::asset::AssetView)>,
    dossiers: Vec<(RecordId, DossierRow)>,
}

fn below(dice: &mut ChaCha8Rng, bound: u32) -> u32 {
    dice.next_u32() % bound
}

fn drawn(seed: u64) -> Records {
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    let kinds = [UnitKind::Commune, UnitKind::Ward, UnitKind::ServiceCentre];
    let units: Vec<_> = (0..5)
        .map(|n| (id(1, n), unit(kinds[below(&mut dice, 3) as usize], "Đơn vị")))
        .collect();
    let handovers: Vec<_> = (0..4)
        .map(|n| {
            (
                id(7, n),
                crate::handovers::effective(id(7, n), &[i64::from(below(&mut dice, 99))]),
            )
        })
        .collect();
    let mut persons = Vec::new();
    for n in 0..30 {
        let fields = WorkField::ALL;
        let field = fields[below(&mut dice, fields.len() as u32) as usize];
        let mut somebody = person(id(1, below(&mut dice, 5)), "", field);
        if below(&mut dice, 4) == 0 {
            let custody = somebody.custody.clone();
            somebody.custody = handed_to(custody, id(7, below(&mut dice, 4)), id(1, below(&mut dice, 5)));
        }
        if below(&mut dice, 9) == 0 {
            somebody.field = two(WorkField::Land, WorkField::Health);
        }
        persons.push((id(2, n), somebody));
    }
    let rosters = (0..6)
        .map(|n| {
            let mut own = with_quota(roster(id(1, n % 5)), below(&mut dice, 9));
            for post in 0..4 {
                let post = add_post(&mut own, n * 100 + post, WorkField::Land, post == 0);
                for holder in 0..below(&mut dice, 3) {
                    let kind = AssignmentKind::ALL[below(&mut dice, 4) as usize];
                    let number = n * 10_000 + u32::from(post.0[3]) * 10 + holder;
                    assign(&mut own, number, post, id(2, below(&mut dice, 30)), kind);
                }
            }
            (id(5, n), own)
        })
        .collect();
    let assets = (0..20)
        .map(|n| {
            let known = below(&mut dice, 2) == 0;
            let cost = i64::from(below(&mut dice, 1_000));
            (
                id(6, n),
                crate::assets::asset(below(&mut dice, 5), cost, known.then_some(cost / 2)),
            )
        })
        .collect();
    let dossiers = (0..20)
        .map(|n| {
            let days = ["2025-11-03", "2025-11-04", "2025-11-10"].map(day);
            let mut row = crate::dossiers::row(days[below(&mut dice, 3) as usize]);
            row.receiving = Some(id(1, below(&mut dice, 5)));
            row.online = below(&mut dice, 2) == 0;
            row.originals = ["A", "B"]
                .into_iter()
                .filter(|_| below(&mut dice, 3) == 0)
                .map(str::to_owned)
                .collect();
            (id(9, n), row)
        })
        .collect();
    Records {
        dossiers,
        units,
        persons,
        rosters,
        handovers,
        assets,
    }
}

fn shuffled<T>(mut all: Vec<T>, dice: &mut ChaCha8Rng) -> Vec<T> {
    for at in (1..all.len()).rev() {
        all.swap(at, below(dice, at as u32 + 1) as usize);
    }
    all
}

fn told(records: Records) -> Vec<Report> {
    let asked = on("2025-11-15");
    let units = Units::on(asked.day, records.units.iter().map(|(id, view)| (*id, view)));
    let minutes = Minutes::of(records.handovers.iter().map(|(id, view)| (*id, view)));
    let Records {
        persons,
        rosters,
        handovers,
        assets,
        dossiers,
        ..
    } = records;
    vec![
        staffing(
            &asked,
            &measures(),
            &units,
            &minutes,
            persons.clone(),
            rosters.clone(),
        ),
        structure(
            &asked,
            &units,
            &minutes,
            persons,
            rosters,
            handovers.clone(),
            Vec::new(),
        ),
        soxa_views::handovers::handovers(&asked, handovers),
        soxa_views::assets::assets(&asked, &units, &minutes, &AssetCategories::default(), assets),
        soxa_views::dossiers::dossiers(&asked, &units, &WorkingDays::default(), dossiers),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_order_of_records_does_not_matter(seed: u64, order: u64) {
        let records = drawn(seed);
        let mut dice = ChaCha8Rng::seed_from_u64(order);
        let other = Records {
            units: shuffled(records.units.clone(), &mut dice),
            persons: shuffled(records.persons.clone(), &mut dice),
            rosters: shuffled(records.rosters.clone(), &mut dice),
            handovers: shuffled(records.handovers.clone(), &mut dice),
            assets: shuffled(records.assets.clone(), &mut dice),
            dossiers: shuffled(records.dossiers.clone(), &mut dice),
        };
        prop_assert_eq!(told(records), told(other));
    }
}
