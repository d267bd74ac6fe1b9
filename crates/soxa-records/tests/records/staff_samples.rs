//! One operation of every kind on units, rosters and persons, in the order of the golden vectors.

use soxa_ledger::ids::OpId;
use soxa_ledger::operation::{OpRef, RecordRef};
use soxa_records::person::secondment::*;
use soxa_records::person::service::*;
use soxa_records::person::*;
use soxa_records::roster::*;
use soxa_records::unit::*;

use crate::bodies::{custody, day, id, text};

pub fn units() -> [UnitOperation; 9] {
    let part = |unit| Successor {
        unit: id(unit),
        extent: Extent::Portion,
    };
    [
        UnitOperation::Register(UnitRegister {
            kind: UnitKind::Commune,
            name: text("Mường Bú"),
            code: Some(text("03847")),
            path: vec![id(1), id(2)],
            basis: text("NQ 1681"),
        }),
        UnitOperation::Set(UnitSet {
            field: UnitField::Seat,
            value: text("Mường Chùm"),
        }),
        UnitOperation::Open(UnitOpen {
            date: Some(day(2025, 11, 15)),
            basis: text("QĐ 2733"),
        }),
        UnitOperation::Close(UnitClose {
            date: day(2025, 12, 31),
            successors: vec![part(3), part(4)],
            basis: text("QĐ 9"),
        }),
        UnitOperation::Rename(UnitRename {
            kind: Some(UnitKind::Ward),
            name: Some(text("Phường Lộc Ninh")),
            code: None,
            from: day(2026, 4, 30),
            basis: text("237/NQ-UBTVQH16"),
        }),
        UnitOperation::Alias(UnitAlias {
            name: None,
            code: Some(text("06978")),
            list: text("1027/CTK-CSCL"),
            from: None,
            until: Some(day(2025, 6, 30)),
        }),
        UnitOperation::Lineage(UnitLineage {
            unit: id(3),
            extent: Extent::Whole,
            date: day(2025, 7, 1),
            basis: text("1681/NQ-UBTVQH15"),
        }),
        UnitOperation::Note(UnitNote {
            topic: NoteTopic::Policy,
            name: text("ATK"),
            from: Some(day(2020, 1, 1)),
            until: None,
            text: text("QĐ 5"),
            document: Some([9; 32]),
        }),
        UnitOperation::Numbers(UnitNumbers {
            node: [11; 32],
            block: Some(NumberBlock {
                first: 5_000,
                last: 9_999,
            }),
        }),
    ]
}

pub fn rosters() -> [RosterOperation; 6] {
    [
        RosterOperation::Create(RosterCreate {
            unit: id(2),
            path: vec![id(1)],
        }),
        RosterOperation::AddPost(PostAdd {
            code: text("VH-1"),
            title: text("Viên chức văn hóa"),
            field: WorkField::Culture,
            head: false,
        }),
        RosterOperation::ClosePost(PostClose {
            post: OpRef::Id(OpId([7; 32])),
        }),
        RosterOperation::Assign(Assign {
            post: OpRef::Here(1),
            person: RecordRef::Id(id(8)),
            kind: AssignmentKind::InCharge,
            from: day(2025, 11, 15),
            until: None,
            decision: text("QĐ 12"),
        }),
        RosterOperation::Release(Release {
            assignment: OpRef::Id(OpId([9; 32])),
            date: day(2026, 1, 1),
            reason: text("điều động"),
        }),
        RosterOperation::Quota(QuotaSet {
            class: PersonClass::CivilServant,
            year: 2026,
            number: 24,
            decision: text("NQ 30"),
        }),
    ]
}

pub fn persons() -> [PersonOperation; 13] {
    let act = |unit| SecondmentAct {
        secondment: OpRef::Id(OpId([7; 32])),
        unit: id(unit),
        date: day(2025, 8, 1),
        note: text("đồng ý"),
    };
    [
        PersonOperation::Register(PersonRegister {
            name: text("Lò Văn An"),
            birth_year: Some(1988),
            class: PersonClass::PublicEmployee,
            field: WorkField::Agriculture,
            unit: id(2),
        }),
        PersonOperation::Set(PersonSet::Class(PersonClass::Cadre)),
        PersonOperation::Custody(custody()),
        PersonOperation::Second(Second {
            home: id(2),
            host: id(3),
            field: WorkField::Land,
            programme: text("Tôi là cán bộ xã"),
            from: day(2025, 8, 1),
            until: day(2025, 10, 31),
            payer: text("Sở Nội vụ"),
            decision: text("QĐ 15"),
        }),
        PersonOperation::Accept(act(3)),
        PersonOperation::Decline(act(3)),
        PersonOperation::Recall(act(2)),
        PersonOperation::Evaluate(Evaluate {
            secondment: OpRef::Here(2),
            unit: id(3),
            rating: Rating::Good,
            date: day(2025, 10, 31),
            note: text("40 hồ sơ"),
        }),
        PersonOperation::Confirm(act(2)),
        PersonOperation::Depart(Depart {
            home: id(2),
            ground: Ground::EarlyRetirement,
            decree: text("178/2024/NĐ-CP"),
            decision: text("QĐ 9"),
            last_day: day(2025, 9, 30),
            amount: Some(1_047_600_000),
            payer: Some(id(5)),
        }),
        PersonOperation::Pay(DeparturePay {
            departure: OpRef::Id(OpId([9; 32])),
            home: id(2),
            amount: 1_047_600_000,
            date: day(2025, 9, 30),
            receipt: text("UNC 7"),
        }),
        PersonOperation::Allow(Allow {
            home: id(2),
            name: text("Hỗ trợ đi lại"),
            monthly: 5_000_000,
            from: day(2025, 7, 1),
            until: None,
            basis: text("NQ 12"),
        }),
        PersonOperation::Prefer(Prefer {
            home: id(2),
            units: vec![id(3), id(4)],
            date: day(2025, 11, 1),
            reason: text("gần nhà"),
        }),
    ]
}
