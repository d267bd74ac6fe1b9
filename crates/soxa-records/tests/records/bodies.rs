//! The bytes of operation bodies: golden vectors, one accepted encoding each, and no panic on anything else.

use proptest::prelude::*;
use soxa_ledger::Time;
use soxa_ledger::cbor::CborError;
use soxa_ledger::ids::{OpId, RecordId};
use soxa_ledger::operation::{OpKind, OpRef, RecordRef};
use soxa_records::asset::state::{AssetState, AssetStateChange};
use soxa_records::asset::{
    AssetOperation, AssetPaper, AssetPhoto, AssetRegister, AssetSet, Class, Cost, Residual, Sources,
};
use soxa_records::custody::Custody;
use soxa_records::dossier::*;
use soxa_records::handover::*;
use soxa_records::person::PersonOperation;
use soxa_records::person::secondment::Second;
use soxa_records::person::service::Allow;
use soxa_records::reference::{ReferenceOperation, ReferencePart, ReferenceTable, ReferenceVersion};
use soxa_records::roster::*;
use soxa_records::ruling::{Ruling, RulingOperation};
use soxa_records::unit::*;
use soxa_records::{Date, DecodeError, LinkId, Quantity, TypedOperation, decode};

use crate::golden_vectors::VECTORS;
use crate::{inventory_samples, staff_samples};

pub fn id(n: u8) -> RecordId {
    RecordId([n; 32])
}

pub fn day(year: u16, month: u8, day: u8) -> Date {
    Date::new(year, month, day).unwrap()
}

pub fn custody() -> Custody {
    Custody {
        handover: id(5),
        line: 2,
        link: LinkId::of_line(id(5), 2),
        prev: LinkId([6; 32]),
        depth: 3,
        from: id(1),
        to: id(2),
    }
}

fn ruling(reason: &str) -> Ruling {
    Ruling {
        on: LinkId([6; 32]),
        stands: LinkId([7; 32]),
        reason: reason.to_owned(),
    }
}

pub fn text(text: &str) -> String {
    text.to_owned()
}

/// One operation of every kind, in the order of the vectors.
fn samples() -> Vec<TypedOperation> {
    let party = |n, name: &str| HandoverParty {
        unit: id(n),
        name: text(name),
    };
    let mut all = Vec::new();
    all.extend(staff_samples::units().map(TypedOperation::Unit));
    all.extend(staff_samples::rosters().map(TypedOperation::Roster));
    all.extend(staff_samples::persons().map(TypedOperation::Person));
    all.extend(
        [
            AssetOperation::Register(AssetRegister {
                code: text("TS-001"),
                name: text("Nhà ba tầng"),
                category: text("house"),
                unit: id(2),
                quantity: "125.75".parse().unwrap(),
                measure: text("m2"),
                cost: Cost::BySource(Sources {
                    budget: 1_200_000_000,
                    other: 300_000_000,
                }),
                residual: Some(Residual {
                    dong: 900_000_000,
                    on: Some(day(2024, 12, 31)),
                }),
                in_use_year: Some(2015),
                condition: text("good"),
                site: text("Thuận Châu"),
                class: Some(Class {
                    regime: text("TT23/2023"),
                    code: text("I.3"),
                    from: day(2023, 6, 10),
                }),
                card: vec![
                    AssetSet::Department(text("Văn phòng")),
                    AssetSet::FloorArea("360.5".parse().unwrap()),
                    AssetSet::LandArea(Quantity::whole(500)),
                    AssetSet::Maker(text("VN")),
                    AssetSet::Purchased(day(2014, 11, 20)),
                    AssetSet::Remark(text("x")),
                    AssetSet::Serial(text("S-1")),
                ],
            }),
            AssetOperation::Set(AssetSet::Cost(1_500_000_000.into())),
            AssetOperation::Custody(custody()),
            AssetOperation::State(AssetStateChange {
                state: AssetState::Lost,
                date: day(2025, 12, 31),
                reason: text("BB 07"),
                document: Some([5; 32]),
            }),
            AssetOperation::Classify(Class {
                regime: text("TT141/2025"),
                code: text("0103"),
                from: day(2026, 1, 1),
            }),
            AssetOperation::Paper(AssetPaper {
                form: text("Giấy chứng nhận quyền sử dụng đất"),
                number: text("BK 123456"),
                date: Some(day(2010, 5, 5)),
                issuer: text("UBND huyện"),
                scan: Some([9; 32]),
            }),
            AssetOperation::Photo(AssetPhoto {
                photo: [8; 32],
                shows: text("mặt trước"),
                date: None,
            }),
        ]
        .map(TypedOperation::Asset),
    );
    let row = |line, thousandths, condition, remark| CountRow {
        line,
        quantity: Quantity { thousandths },
        condition: text(condition),
        remark: text(remark),
    };
    all.extend(
        [
            HandoverOperation::Draft(Box::new(HandoverDraft {
                kind: HandoverKind::Assets,
                giver: party(1, "A"),
                receiver: party(2, "B"),
                witness: Some(WitnessParty {
                    unit: id(3),
                    name: text("Sở Tài chính"),
                    capacity: WitnessCapacity::Witness,
                }),
                corrects: Some(id(6)),
                basis: text("QĐ"),
                condition_basis: ConditionBasis::AsIs,
                place: text("Mường Chùm"),
                date: day(2025, 11, 15),
                expires: Some(Time(1_763_164_800_000)),
                duties: text("Bên giao giao chìa khóa"),
                lines: vec![
                    DraftLine {
                        measure: text("căn"),
                        condition: text("good"),
                        cost: 5,
                        residual: Some(3),
                        ..DraftLine::new(
                            LineOf::Subject(Subject {
                                record: id(4),
                                prev: LinkId([4; 32]),
                                depth: 1,
                            }),
                            text("Nhà"),
                        )
                    },
                    DraftLine::new(
                        LineOf::Paper(Paper {
                            form: PaperForm::Original,
                            about: Some(1),
                            hash: Some([5; 32]),
                        }),
                        text("Sổ đỏ"),
                    ),
                    DraftLine::new(LineOf::Restated(2), text("Xe")),
                ],
            })),
            HandoverOperation::Offer(HandoverOffer { minutes: 0 }),
            HandoverOperation::Count(HandoverCount {
                rows: vec![row(1, 1_000, "worn", ""), row(3, 500, "", "half")],
            }),
            HandoverOperation::Accept(HandoverAccept { minutes: 1 }),
            HandoverOperation::Refuse(HandoverRefuse {
                reason: text("mái dột"),
            }),
            HandoverOperation::Withdraw(HandoverWithdraw {
                reason: text("nhầm")
            }),
            HandoverOperation::Witness(HandoverWitness { minutes: 2 }),
            HandoverOperation::Effect(HandoverEffect {
                minutes: 1,
                kind: HandoverKind::Assets,
                giver: id(1),
                receiver: id(2),
                lines: vec![EffectLine {
                    line: 1,
                    subject: id(4),
                    prev: LinkId([4; 32]),
                    depth: 1,
                }],
            }),
        ]
        .map(TypedOperation::Handover),
    );
    all.extend(inventory_samples::inventories().map(TypedOperation::Inventory));
    all.extend(
        [
            RulingOperation::Asset(ruling("QĐ 15/UBND")),
            RulingOperation::Person(ruling("QĐ 15/UBND")),
        ]
        .map(TypedOperation::Ruling),
    );
    let version = ReferenceVersion {
        table: ReferenceTable::Procedure,
        key: text("1.001193"),
        from: day(2025, 7, 1),
        until: Some(day(2026, 6, 30)),
        parts: vec![ReferencePart {
            name: text("limit_days"),
            text: text("5"),
        }],
        basis: text("QĐ 1"),
    };
    all.extend(
        [
            ReferenceOperation::Publish(version.clone()),
            ReferenceOperation::Revise(version),
        ]
        .map(TypedOperation::Reference),
    );
    all.extend(dossier_samples().map(TypedOperation::Dossier));
    let sign = DecisionSign {
        at: Time(8),
        outcome: Outcome::Denied,
        title: text("Thông báo"),
        document: None,
    };
    let issue = DecisionIssue {
        number: text("12/TB"),
        day: day(2025, 11, 5),
    };
    all.extend(
        [
            DecisionOperation::Sign(sign),
            DecisionOperation::Issue(issue),
            DecisionOperation::Erase(DecisionErase {
                at: Time(8),
                file: [8; 32],
                ground: ErasureGround::Request,
                basis: text("Đơn 3"),
            }),
        ]
        .map(TypedOperation::Decision),
    );
    all
}

fn dossier_samples() -> [DossierOperation; 19] {
    let office = |unit| Office {
        unit: id(unit),
        above: vec![id(1)],
    };
    let component = || Component {
        name: text("Sổ đỏ"),
        form: PaperForm::Copy,
        copies: 2,
        original_held_by: text("VPĐKĐĐ"),
    };
    let remark = || Remark {
        at: Time(5),
        note: text("đủ"),
    };
    [
        DossierOperation::Register(DossierRegister {
            procedure: text("1.001193"),
            receiving: office(2),
            competent: office(3),
            residence: Some(id(4)),
            province: text("Tỉnh An Giang"),
            channel: Channel::Online,
            submitted: Time(1_763_164_800_000),
            components: vec![component()],
            fee: Some(50_000),
            applicant: Some([9; 32]),
            assisted_by: text("Lò Văn An"),
        }),
        DossierOperation::Receive(DossierReceive {
            code: text("H49.03847-251115-0001"),
            received: Time(5),
            due: Some(Time(6)),
        }),
        DossierOperation::Transcribe(DossierTranscribe {
            code: text("34/SHS"),
            office: text("Xã Tạ Bú"),
            received: Time(5),
            due: Some(Time(9)),
            status: DossierStatus::Returned,
            since: Some(Time(7)),
            returned: Some(Time(8)),
            result: text("Giấy khai sinh"),
            number: Some(text("12/KS")),
            day: Some(Date::new(2024, 11, 5).unwrap()),
            paid: Some(8_000),
            note: String::new(),
        }),
        DossierOperation::Recode(DossierRecode {
            at: Time(5),
            code: text("H49.03847-251115-0002"),
            reason: text("cấp trùng"),
        }),
        DossierOperation::Refuse(remark()),
        DossierOperation::Process(remark()),
        DossierOperation::Ask(DossierAsk {
            what: Asked::Payment,
            at: Time(5),
            reason: text("lệ phí"),
        }),
        DossierOperation::Resume(remark()),
        DossierOperation::Extend(DossierExtend {
            at: Time(5),
            due: Time(7),
            reason: text("xác minh"),
        }),
        DossierOperation::Stop(remark()),
        DossierOperation::Withdraw(remark()),
        DossierOperation::Pass(DossierPass {
            at: Time(5),
            to: text("Bộ phận hộ tịch"),
            note: String::new(),
        }),
        DossierOperation::Take(DossierTake {
            pass: OpRef::Id(OpId([7; 32])),
            at: Time(6),
            note: String::new(),
        }),
        DossierOperation::Paper(DossierPaper {
            number: Some(1),
            component: component(),
            scan: Some([8; 32]),
            at: Time(5),
        }),
        DossierOperation::Pay(DossierPay {
            at: Time(5),
            amount: 50_000,
            channel: Channel::Counter,
            receipt: text("BL 12"),
        }),
        DossierOperation::Propose(DossierPropose {
            at: Time(5),
            title: text("Giấy khai sinh"),
            document: None,
        }),
        DossierOperation::Return(DossierReturn {
            at: Time(9),
            channel: Channel::Post,
            note: String::new(),
        }),
        DossierOperation::Report(DossierReport {
            at: Time(9),
            target: text("Cổng dịch vụ công"),
            answer: text("OK"),
        }),
        DossierOperation::Forward(DossierForward {
            at: Time(5),
            office: office(6),
            reason: text("nơi cư trú"),
        }),
    ]
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn every_kind_has_the_bytes_of_its_golden_vector() {
    let samples = samples();
    let kinds: Vec<&str> = TypedOperation::kinds().collect();
    assert_eq!(
        samples.iter().map(TypedOperation::name).collect::<Vec<_>>(),
        kinds
    );
    assert_eq!(VECTORS.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(), kinds);
    for (sample, (kind, vector)) in samples.iter().zip(VECTORS) {
        assert_eq!(&hex(&sample.body()), vector, "{kind}");
        assert_eq!(decode(&sample.kind(), 1, &sample.body()).as_ref(), Ok(sample));
    }
}

#[track_caller]
fn refuse(operation: &TypedOperation) {
    let decoded = decode(&operation.kind(), 1, &operation.body());
    assert!(matches!(decoded, Err(DecodeError::Malformed(_))), "{decoded:?}");
}

#[test]
fn values_that_the_format_forbids_are_malformed() {
    for sample in samples() {
        match sample {
            TypedOperation::Unit(UnitOperation::Register(good)) => {
                let unit = |change: &dyn Fn(&mut UnitRegister)| {
                    let mut bad = good.clone();
                    change(&mut bad);
                    refuse(&TypedOperation::Unit(UnitOperation::Register(bad)));
                };
                unit(&|u| u.name = text(" "));
                unit(&|u| u.name = "x".repeat(501));
                unit(&|u| u.code = Some(String::new()));
                unit(&|u| u.path = vec![id(1), id(1)]);
                unit(&|u| u.path = (0..8).map(id).collect());
            }
            TypedOperation::Unit(UnitOperation::Close(good)) => {
                let successors = Vec::new();
                refuse(&TypedOperation::Unit(UnitOperation::Close(UnitClose {
                    successors,
                    ..good.clone()
                })));
                let mut two = good;
                two.successors[0].extent = Extent::Whole;
                refuse(&TypedOperation::Unit(UnitOperation::Close(two)));
            }
            TypedOperation::Unit(UnitOperation::Rename(good)) => {
                let (kind, name) = (None, None);
                refuse(&TypedOperation::Unit(UnitOperation::Rename(UnitRename {
                    kind,
                    name,
                    ..good
                })));
            }
            TypedOperation::Unit(UnitOperation::Alias(good)) => {
                let code = None;
                refuse(&TypedOperation::Unit(UnitOperation::Alias(UnitAlias {
                    code,
                    ..good
                })));
            }
            TypedOperation::Unit(UnitOperation::Note(good)) => {
                let until = Some(day(2019, 12, 31));
                refuse(&TypedOperation::Unit(UnitOperation::Note(UnitNote {
                    until,
                    ..good
                })));
            }
            TypedOperation::Roster(RosterOperation::Assign(good)) => {
                let until = Some(day(2025, 11, 14));
                let person = RecordRef::New;
                refuse(&TypedOperation::Roster(RosterOperation::Assign(Assign {
                    until,
                    ..good.clone()
                })));
                refuse(&TypedOperation::Roster(RosterOperation::Assign(Assign {
                    person,
                    ..good
                })));
            }
            TypedOperation::Person(PersonOperation::Second(good)) => {
                let (until, host) = (day(2025, 7, 31), good.home);
                let bad = [
                    Second {
                        until,
                        ..good.clone()
                    },
                    Second { host, ..good },
                ];
                for bad in bad {
                    refuse(&TypedOperation::Person(PersonOperation::Second(bad)));
                }
            }
            TypedOperation::Person(PersonOperation::Allow(good)) => {
                let until = Some(day(2025, 6, 30));
                let (bad, negative) = (
                    Allow {
                        until,
                        ..good.clone()
                    },
                    Allow { monthly: -1, ..good },
                );
                refuse(&TypedOperation::Person(PersonOperation::Allow(bad)));
                refuse(&TypedOperation::Person(PersonOperation::Allow(negative)));
            }
            TypedOperation::Asset(AssetOperation::Register(good)) => {
                let change = |change: &dyn Fn(&mut AssetRegister)| {
                    let mut bad = good.clone();
                    change(&mut bad);
                    refuse(&TypedOperation::Asset(AssetOperation::Register(bad)));
                };
                let sources = |budget, other| Cost::BySource(Sources { budget, other });
                change(&|asset| asset.cost = Cost::Whole(-1));
                change(&|asset| asset.cost = sources(-1, 2));
                change(&|asset| asset.cost = sources(i64::MAX, 1));
                change(&|asset| asset.card.reverse());
                change(&|asset| asset.card[1] = asset.card[0].clone());
                change(&|asset| asset.card = vec![AssetSet::Condition(text("twice"))]);
                change(&|asset| asset.class.as_mut().unwrap().code = text(" "));
            }
            TypedOperation::Asset(AssetOperation::Custody(good)) => {
                let custody = |change: &dyn Fn(&mut Custody)| {
                    let mut bad = good.clone();
                    change(&mut bad);
                    refuse(&TypedOperation::Asset(AssetOperation::Custody(bad)));
                };
                custody(&|c| c.link = LinkId([1; 32]));
                custody(&|c| c.line = 3);
                custody(&|c| c.depth = 0);
                custody(&|c| c.depth = 1_000_001);
            }
            TypedOperation::Asset(AssetOperation::State(good)) => {
                let change = |change: AssetStateChange| {
                    refuse(&TypedOperation::Asset(AssetOperation::State(change)));
                };
                for state in [AssetState::Lost, AssetState::Damaged] {
                    let document = None;
                    change(AssetStateChange {
                        state,
                        document,
                        ..good.clone()
                    });
                }
                change(AssetStateChange {
                    state: AssetState::Declared,
                    ..good
                });
            }
            TypedOperation::Handover(HandoverOperation::Draft(good)) => {
                let draft = |change: &dyn Fn(&mut HandoverDraft)| {
                    let mut bad = good.clone();
                    change(&mut bad);
                    refuse(&TypedOperation::Handover(HandoverOperation::Draft(bad)));
                };
                draft(&|d| d.lines.clear());
                draft(&|d| d.lines.push(d.lines[0].clone()));
                draft(&|d| d.receiver.unit = d.giver.unit);
                draft(&|d| d.witness.iter_mut().for_each(|w| w.unit = d.giver.unit));
                draft(&|d| d.kind = HandoverKind::Papers);
                draft(&|d| d.corrects = None);
                draft(&|d| d.lines.push(d.lines[2].clone()));
                draft(&|d| d.lines[2].of = LineOf::Restated(0));
                draft(&|d| {
                    d.lines.remove(2);
                    d.lines.remove(0);
                    d.corrects = None;
                });
                for about in [2, 3, 9] {
                    draft(&|d| {
                        d.lines[1].of = LineOf::Paper(Paper {
                            form: PaperForm::Copy,
                            about: Some(about),
                            hash: None,
                        });
                    });
                }
                draft(&|d| d.expires = Some(Time(u64::MAX)));
                draft(&|d| d.lines = vec![d.lines[0].clone(); 501]);
            }
            TypedOperation::Handover(HandoverOperation::Count(mut good)) => {
                good.rows.reverse();
                refuse(&TypedOperation::Handover(HandoverOperation::Count(good)));
            }
            TypedOperation::Reference(ReferenceOperation::Publish(good)) => {
                let until = Some(day(2025, 6, 30));
                refuse(&TypedOperation::Reference(ReferenceOperation::Publish(
                    ReferenceVersion { until, ..good },
                )));
            }
            TypedOperation::Dossier(DossierOperation::Receive(good)) => {
                let due = Some(Time(4));
                refuse(&TypedOperation::Dossier(DossierOperation::Receive(
                    DossierReceive { due, ..good },
                )));
            }
            TypedOperation::Ruling(RulingOperation::Asset(_)) => {
                refuse(&TypedOperation::Ruling(RulingOperation::Asset(ruling(" "))));
            }
            _ => {}
        }
    }
}

#[test]
fn days_and_amounts_are_read_as_they_are_shown() {
    for good in ["1800-01-01", "2000-02-29", "2024-02-29", "2999-12-31"] {
        assert_eq!(
            good.parse::<Date>().map(|date| date.to_string()).as_deref(),
            Ok(good)
        );
    }
    for bad in [
        "",
        "2025-02-29",
        "1900-02-29",
        "2025-13-01",
        "2025-00-10",
        "2025-4-1",
        "2025-04-31",
        "2025-04-01-",
    ] {
        assert!(bad.parse::<Date>().is_err(), "{bad}");
    }
    for good in ["0", "1", "12.5", "0.001", "125.75"] {
        assert_eq!(
            good.parse::<Quantity>().map(|q| q.to_string()).as_deref(),
            Ok(good)
        );
    }
    for bad in ["", ".5", "1.", "1.0005", "-1", "1,5", "99999999999999999999"] {
        assert!(bad.parse::<Quantity>().is_err(), "{bad}");
    }
    assert_eq!(
        "12.500".parse::<Quantity>().map(|q| q.to_string()).as_deref(),
        Ok("12.5")
    );
}

#[test]
fn a_longer_encoding_of_the_same_value_is_refused() {
    let kind: OpKind = "handover.offer".parse().unwrap();
    assert!(decode(&kind, 1, &[0x81, 0x00]).is_ok());
    for bytes in [&[0x81, 0x18, 0x00][..], &[0x81, 0x00, 0x00], &[0x98, 0x01, 0x00]] {
        let malformed = decode(&kind, 1, bytes);
        let expected = DecodeError::Malformed(CborError::NotCanonical { field: "body" });
        assert_eq!(malformed, Err(expected));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bodies_never_panic(kind in 0_usize..VECTORS.len(), bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let kinds: Vec<OpKind> = TypedOperation::kinds().filter_map(|k| k.parse().ok()).collect();
        if let Ok(operation) = decode(&kinds[kind % kinds.len()], 1, &bytes) {
            prop_assert_eq!(operation.body(), bytes);
        }
    }

    #[test]
    fn damaged_bodies_never_panic(
        sample in 0_usize..VECTORS.len(),
        at in any::<proptest::sample::Index>(),
        byte in any::<u8>(),
        cut in any::<proptest::sample::Index>(),
    ) {
        let sample = &samples()[sample];
        let mut bytes = sample.body();
        let position = at.index(bytes.len());
        bytes[position] = byte;
        for bytes in [&bytes[..], &bytes[..cut.index(bytes.len())]] {
            if let Ok(operation) = decode(&sample.kind(), 1, bytes) {
                prop_assert_eq!(operation.body(), bytes);
            }
        }
    }
}
