//! What each operation writes, and the state that they give together.

use std::collections::BTreeSet;

use soxa_ledger::ids::{OpId, RecordId};
use soxa_ledger::minutes::{MinutesSigner, Party, RefusedLine};
use soxa_ledger::small::SmallMap;
use soxa_records::asset::{AssetOperation, AssetSet};
use soxa_records::handover::{EffectLine, HandoverOperation};
use soxa_records::{CanonicalState, LinkId, RecordKind, Row, TypedOperation, Value};

use super::{Naive, Op, World};

/// A field with its value, or a list with a row.
enum Write {
    Field(&'static str, Value),
    Row(&'static str, Vec<(&'static str, Value)>),
}

impl Naive<'_> {
    /// The state that a set of operations gives which holds the past of each.
    pub(super) fn state_of(&self, valid: &BTreeSet<OpId>, record: RecordId) -> CanonicalState {
        let mut state = CanonicalState::default();
        if valid.contains(&OpId::from(record)) {
            state.kind = Some(match self.ops[&OpId::from(record)].what {
                TypedOperation::Asset(_) => RecordKind::Asset,
                _ => RecordKind::Handover,
            });
        }
        let mut order = Vec::new();
        while let Some(next) = valid.iter().find(|op| {
            let past = self.past(**op, World::Actual);
            !order.contains(*op) && past.iter().all(|below| order.contains(below))
        }) {
            order.push(*next);
        }
        for op in order {
            let past = self.past(op, World::Actual);
            let mut n = 0;
            for write in self.writes(op) {
                match write {
                    Write::Field(field, value) => {
                        let values = state.fields.entry(field.to_owned()).or_default();
                        values.retain(|writer, _| !past.contains(writer));
                        values.insert(op, value);
                    }
                    Write::Row(list, values) => {
                        let named = values.into_iter().map(|(name, value)| (name.to_owned(), value));
                        let mut row = SmallMap::default();
                        for (name, value) in named {
                            row.insert(name, value);
                        }
                        let rows = state.lists.entry(list.to_owned()).or_default();
                        rows.push(Row { op, n, values: row });
                        n += 1;
                    }
                }
            }
        }
        state
    }

    fn writes(&self, id: OpId) -> Vec<Write> {
        let op = &self.ops[&id];
        let text = |text: &str| Value::Text(text.to_owned());
        let unit = |unit: &RecordId| Value::Id(unit.0);
        let number = |number: u64| Value::Int(i64::try_from(number).unwrap());
        let field = |name, value| Write::Field(name, value);
        match &op.what {
            TypedOperation::Asset(AssetOperation::Register(asset)) => vec![
                field("code", text(&asset.code)),
                field("name", text(&asset.name)),
                field("category", text(&asset.category)),
                field("quantity", number(asset.quantity.thousandths)),
                field("measure", text(&asset.measure)),
                field("cost", Value::Int(asset.cost.total())),
                field("condition", text(&asset.condition)),
                field("site", text(&asset.site)),
                field("residual", Value::Int(asset.residual.unwrap().dong)),
                field("in_use_year", number(asset.in_use_year.unwrap().into())),
                Write::Row(
                    "links",
                    vec![
                        ("link", Value::Id(LinkId::of_registration(op.record).0)),
                        ("depth", number(0)),
                        ("to", unit(&asset.unit)),
                    ],
                ),
            ],
            TypedOperation::Asset(AssetOperation::Set(setting)) => match setting {
                AssetSet::Condition(value) => vec![field("condition", text(value))],
                AssetSet::Site(value) => vec![field("site", text(value))],
                AssetSet::Remark(value) => vec![field("remark", text(value))],
                AssetSet::Residual(value) => vec![
                    field("residual", Value::Int(value.dong)),
                    field("residual_on", text("")),
                ],
                other => panic!("no history has {other:?}"),
            },
            TypedOperation::Asset(AssetOperation::Custody(custody)) => vec![Write::Row(
                "links",
                vec![
                    ("link", Value::Id(custody.link.0)),
                    ("prev", Value::Id(custody.prev.0)),
                    ("depth", number(custody.depth.into())),
                    ("from", unit(&custody.from)),
                    ("to", unit(&custody.to)),
                    ("handover", unit(&custody.handover)),
                    ("line", number(custody.line.into())),
                ],
            )],
            TypedOperation::Handover(HandoverOperation::Draft(draft)) => {
                let mut writes = vec![
                    field("kind", text("assets")),
                    field("giver", unit(&draft.giver.unit)),
                    field("giver_name", text(&draft.giver.name)),
                    field("receiver", unit(&draft.receiver.unit)),
                    field("receiver_name", text(&draft.receiver.name)),
                    field("basis", text(&draft.basis)),
                    field("condition_basis", text("as_is")),
                    field("place", text(&draft.place)),
                    field("date", number(draft.date.number().into())),
                    field("duties", text(&draft.duties)),
                ];
                if let Some(witness) = &draft.witness {
                    writes.push(field("witness", unit(&witness.unit)));
                    writes.push(field("witness_name", text(&witness.name)));
                    writes.push(field("capacity", text("witness")));
                }
                writes.extend(draft.numbered().map(|(n, line)| {
                    let subject = line.of.subject().unwrap();
                    Write::Row(
                        "lines",
                        vec![
                            ("line", number(n.into())),
                            ("subject", unit(&subject.record)),
                            ("name", text(&line.name)),
                            ("prev", Value::Id(subject.prev.0)),
                            ("depth", number(subject.depth.into())),
                            ("quantity", number(line.quantity.thousandths)),
                            ("measure", text(&line.measure)),
                            ("condition", text(&line.condition)),
                            ("remark", text(&line.remark)),
                            ("cost", Value::Int(line.cost)),
                        ],
                    )
                }));
                writes
            }
            TypedOperation::Handover(what) => {
                let mut act = vec![("act", text(self.act_of(id).unwrap()))];
                let mut rows = Vec::new();
                match what {
                    HandoverOperation::Refuse(body) => act.push(("reason", text(&body.reason))),
                    HandoverOperation::Withdraw(body) => act.push(("reason", text(&body.reason))),
                    HandoverOperation::Offer(body) => rows = self.signature_rows(op, body.minutes),
                    HandoverOperation::Witness(body) => rows = self.signature_rows(op, body.minutes),
                    HandoverOperation::Accept(body) => {
                        rows = self.signature_rows(op, body.minutes);
                        rows.extend(refusal_rows(op, body.minutes));
                    }
                    HandoverOperation::Effect(body) => {
                        rows = self.signature_rows(op, body.minutes);
                        rows.extend(refusal_rows(op, body.minutes));
                        let moved = |line: &EffectLine| vec![("line", number(line.line.into()))];
                        rows.extend(body.lines.iter().map(|line| Write::Row("moved", moved(line))));
                    }
                    HandoverOperation::Draft(_) | HandoverOperation::Count(_) => {
                        panic!("no history has {what:?}")
                    }
                }
                rows.insert(0, Write::Row("acts", act));
                rows
            }
            other => panic!("no history has {other:?}"),
        }
    }

    fn signature_rows(&self, op: &Op<'_>, index: u32) -> Vec<Write> {
        let signers = op.made.commit.minutes[index as usize].signers();
        let row = |signer: &MinutesSigner| {
            let party = match signer.party {
                Party::Giver => "giver",
                Party::Receiver => "receiver",
                Party::Witness => "witness",
            };
            let person = self.appointments[&signer.appointment].person.clone();
            let time = i64::try_from(op.made.commit.time.0).unwrap();
            Write::Row(
                "signatures",
                vec![
                    ("party", Value::Text(party.to_owned())),
                    ("key", Value::Id(signer.key.0)),
                    ("person", Value::Text(person)),
                    ("at", Value::Int(time)),
                ],
            )
        };
        signers.iter().map(row).collect()
    }
}

fn refusal_rows(op: &Op<'_>, index: u32) -> Vec<Write> {
    let signers = op.made.commit.minutes[index as usize].signers();
    let refused = signers.iter().flat_map(|signer| &signer.refused);
    let row = |refusal: &RefusedLine| {
        let line = ("line", Value::Int(refusal.line.into()));
        Write::Row(
            "refusals",
            vec![line, ("reason", Value::Text(refusal.reason.clone()))],
        )
    };
    refused.map(row).collect()
}
