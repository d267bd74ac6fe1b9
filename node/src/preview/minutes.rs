//! Minutes in plain words, read from the very bytes that are signed.

use std::collections::BTreeMap;
use std::fmt::Display;

use soxa_lang::{Lang, amount, collated, date, money, number, text};
use soxa_ledger::minutes::{Party, RefusedLine};
use soxa_records::Quantity;
use soxa_records::handover::minutes::read_minutes_payload;
use soxa_records::handover::{DraftLine, HandoverDraft, LineOf, LineTotals};

use crate::output::short;

/// Lines that are told one by one.
const LINES_TOLD: usize = 12;

/// Minutes that are told one by one.
const MINUTES_TOLD: usize = 6;

/// What somebody is about to sign.
pub struct Signing<'a> {
    /// The payload that all parties sign.
    pub payload: &'a [u8],
    /// In which capacity.
    pub party: Party,
    /// The lines that a receiver refuses.
    pub refused: &'a [RefusedLine],
    /// What the signer remarks.
    pub remark: &'a str,
    /// Lines of which the receiver found another quantity than the minutes say.
    pub counted: &'a BTreeMap<u32, Quantity>,
}

/// All minutes that somebody signs at once: few in full. Of many the totals by parties are told and those of all, and in full only
/// what is refused in part, remarked on, found otherwise, or cannot be read.
pub fn of_all_minutes(lang: Lang, signings: &[Signing<'_>]) -> Vec<String> {
    if signings.len() <= MINUTES_TOLD {
        return signings.iter().flat_map(|one| of_minutes(lang, one)).collect();
    }
    let mut told = Vec::new();
    let mut parties: BTreeMap<(String, String), (usize, Vec<DraftLine>)> = BTreeMap::new();
    for signing in signings {
        let is_plain = signing.refused.is_empty() && signing.remark.is_empty() && signing.counted.is_empty();
        let read = read_minutes_payload(signing.payload);
        if !is_plain || read.is_err() {
            told.extend(of_minutes(lang, signing));
        }
        let Ok((_, _, draft)) = read else { continue };
        let of = parties
            .entry((draft.giver.name, draft.receiver.name))
            .or_default();
        of.0 += 1;
        of.1.extend(draft.lines.into_iter().filter(|line| line.of.subject().is_some()));
    }
    let say = |key: &str, (giver, receiver): (&str, &str), minutes: usize, totals: &LineTotals| {
        let values: [(&str, &dyn Display); 7] = [
            ("giver", &giver),
            ("receiver", &receiver),
            ("minutes", &number(lang, minutes)),
            ("lines", &number(lang, totals.lines)),
            ("quantity", &amount(lang, totals.quantity.thousandths)),
            ("cost", &money(lang, totals.cost)),
            ("residual", &money(lang, totals.residual)),
        ];
        text(lang, key, &values)
    };
    let mut sorted: Vec<_> = parties.iter().collect();
    sorted.sort_by_cached_key(|((giver, receiver), _)| (collated(giver), collated(receiver)));
    told.extend(sorted.iter().map(|((giver, receiver), (minutes, lines))| {
        let totals = LineTotals::of(lines);
        say("preview.minutes.of_parties", (giver, receiver), *minutes, &totals)
    }));
    let all = LineTotals::of(parties.values().flat_map(|(_, lines)| lines));
    let minutes = parties.values().map(|(minutes, _)| minutes).sum();
    told.push(say("preview.minutes.all", ("", ""), minutes, &all));
    told
}

/// The minutes that somebody signs.
pub fn of_minutes(lang: Lang, signing: &Signing<'_>) -> Vec<String> {
    let Ok((_, _, draft)) = read_minutes_payload(signing.payload) else {
        return vec![text(lang, "preview.minutes.unreadable", &[])];
    };
    let mut told = vec![parties(lang, &draft, signing.party)];
    told.extend(draft.corrects.map(|first| {
        let handover = short(&first.to_string());
        text(lang, "preview.minutes.corrects", &[("handover", &handover)])
    }));
    told.extend(
        draft
            .numbered()
            .take(LINES_TOLD)
            .map(|(n, content)| line(lang, n, content)),
    );
    if draft.lines.len() > LINES_TOLD {
        let count = draft.lines.len() - LINES_TOLD;
        told.push(text(lang, "preview.minutes.more", &[("count", &count)]));
    }
    told.extend(totals(lang, &draft, signing));
    for line in signing.refused {
        let values: [(&str, &dyn Display); 2] = [("line", &line.line), ("reason", &line.reason)];
        told.push(text(lang, "preview.minutes.refused", &values));
    }
    let said = [
        ("preview.minutes.duties", draft.duties.as_str()),
        ("preview.minutes.remark", signing.remark),
    ];
    let said = said.into_iter().filter(|(_, content)| !content.is_empty());
    told.extend(said.map(|(key, content)| text(lang, key, &[("text", &content)])));
    told
}

fn parties(lang: Lang, draft: &HandoverDraft, party: Party) -> String {
    let witness = draft.witness.as_ref().map(|witness| {
        let capacity = text(
            lang,
            &format!("records.witness_capacity.{}", witness.capacity),
            &[],
        );
        format!("{} ({capacity})", witness.name)
    });
    let values: [(&str, &dyn Display); 7] = [
        (
            "party",
            &text(lang, &format!("records.field.{}", party.as_str()), &[]),
        ),
        ("giver", &draft.giver.name),
        ("receiver", &draft.receiver.name),
        ("witness", &witness.unwrap_or_else(|| "–".to_owned())),
        (
            "date",
            &date(draft.date.year(), draft.date.month(), draft.date.day()),
        ),
        ("basis", &or_dash(&draft.basis)),
        ("lines", &number(lang, draft.lines.len())),
    ];
    text(lang, "preview.minutes.signed", &values)
}

fn or_dash(content: &str) -> &str {
    if content.is_empty() { "–" } else { content }
}

fn line(lang: Lang, number: u32, content: &DraftLine) -> String {
    let key = match content.of {
        LineOf::Subject(_) => "preview.minutes.line",
        LineOf::Paper(_) => "preview.minutes.paper",
        LineOf::Restated(_) => "preview.minutes.restated",
    };
    let quantity = format!(
        "{} {}",
        amount(lang, content.quantity.thousandths),
        content.measure
    );
    let values: [(&str, &dyn Display); 6] = [
        ("line", &number),
        ("name", &content.name),
        ("quantity", &quantity.trim()),
        ("condition", &or_dash(&content.condition)),
        ("cost", &money(lang, content.cost)),
        ("first", &content.of.restated().unwrap_or_default()),
    ];
    text(lang, key, &values)
}

/// What the giver hands over, and to whoever signs after it what the receiver takes over, with whether both are the same.
fn totals(lang: Lang, draft: &HandoverDraft, signing: &Signing<'_>) -> Vec<String> {
    let subjects = || draft.numbered().filter(|(_, line)| line.of.subject().is_some());
    let given = LineTotals::of(subjects().map(|(_, line)| line));
    let say = |key: &str, totals: &LineTotals| {
        let values: [(&str, &dyn Display); 4] = [
            ("lines", &number(lang, totals.lines)),
            ("quantity", &amount(lang, totals.quantity.thousandths)),
            ("cost", &money(lang, totals.cost)),
            ("residual", &money(lang, totals.residual)),
        ];
        text(lang, key, &values)
    };
    if given.lines == 0 {
        return Vec::new();
    }
    let mut told = vec![say("preview.minutes.given", &given)];
    if signing.party != Party::Giver {
        let is_refused = |n: &u32| signing.refused.iter().any(|refused| refused.line == *n);
        let kept = subjects().filter(|(n, _)| !is_refused(n));
        let found: Vec<DraftLine> = kept
            .map(|(n, line)| DraftLine {
                quantity: signing.counted.get(&n).copied().unwrap_or(line.quantity),
                ..line.clone()
            })
            .collect();
        let taken = LineTotals::of(&found);
        let key = match taken == given {
            true => "preview.minutes.taken_same",
            false => "preview.minutes.taken_other",
        };
        told.push(say(key, &taken));
    }
    told
}

#[cfg(test)]
mod tests {
    use soxa_ledger::{NetworkId, RecordId};
    use soxa_records::handover::minutes::minutes_payload;
    use soxa_records::handover::{ConditionBasis, HandoverKind, HandoverParty, Subject};
    use soxa_records::{Date, LinkId};

    use super::*;

    fn payload(lines: u8) -> Vec<u8> {
        let party = |n, name: &str| HandoverParty {
            unit: RecordId([n; 32]),
            name: name.to_owned(),
        };
        let line = |n: u8| DraftLine {
            cost: 5_000_000,
            residual: Some(1),
            ..DraftLine::new(
                LineOf::Subject(Subject {
                    record: RecordId([n; 32]),
                    prev: LinkId([n; 32]),
                    depth: 1,
                }),
                format!("Máy ảnh {n}"),
            )
        };
        let draft = HandoverDraft {
            kind: HandoverKind::Assets,
            giver: party(1, "Trạm Mường La"),
            receiver: party(2, "Trung tâm Mường Bú"),
            witness: None,
            corrects: None,
            basis: String::new(),
            condition_basis: ConditionBasis::AsIs,
            place: String::new(),
            date: Date::new(2025, 11, 15).unwrap(),
            expires: None,
            duties: String::new(),
            lines: (1..=lines).map(line).collect(),
        };
        minutes_payload(NetworkId([0; 32]), RecordId([9; 32]), &draft)
    }

    fn told(payload: &[u8], party: Party, refused: &[RefusedLine], counted: &[(u32, u64)]) -> Vec<String> {
        let counted = counted
            .iter()
            .map(|(line, n)| (*line, Quantity::whole(*n)))
            .collect();
        of_minutes(
            Lang::Vi,
            &Signing {
                payload,
                party,
                refused,
                remark: "còn thiếu chìa khóa",
                counted: &counted,
            },
        )
    }

    #[track_caller]
    fn check(told: &[String], parts: &[&str]) {
        for part in parts {
            assert!(
                told.iter().any(|line| line.contains(part)),
                "{part:?} in {told:?}"
            );
        }
    }

    #[test]
    fn minutes_are_told_from_the_bytes_that_are_signed() {
        let refused = [RefusedLine {
            line: 2,
            reason: "gãy chân".to_owned(),
        }];
        let told_it = told(&payload(2), Party::Receiver, &refused, &[]);
        check(
            &told_it,
            &[
                "Trung tâm Mường Bú",
                "15/11/2025",
                "Máy ảnh 1",
                "gãy chân",
                "10.000.000 đồng",
                "còn thiếu chìa khóa",
            ],
        );
        assert_eq!(told(b"{", Party::Giver, &[], &[]).len(), 1);
    }

    #[test]
    fn the_receiver_sees_whether_both_totals_are_the_same() {
        let bytes = payload(200);
        let same = told(&bytes, Party::Receiver, &[], &[]);
        check(&same, &["1.000.000.000 đồng", "188"]);
        let taken = |told: &[String]| told.iter().find(|line| line.contains("Bên nhận nhận")).cloned();
        assert!(taken(&same).is_some_and(|line| line.contains("bằng")), "{same:?}");
        let counted = told(&bytes, Party::Receiver, &[], &[(3, 0)]);
        assert!(taken(&counted).is_some_and(|line| line.contains("199") && line.contains("KHÁC")));
        assert_eq!(taken(&told(&bytes, Party::Giver, &[], &[])), None);
        // Whoever witnesses is shown it as well.
        let witnessed = told(&bytes, Party::Witness, &[], &[(3, 0)]);
        assert_eq!(taken(&witnessed), taken(&counted));
    }

    #[test]
    fn many_minutes_are_told_as_totals_and_in_full_where_something_is_said() {
        let (bytes, counted) = (payload(20), BTreeMap::new());
        let signing = |remark: &'static str| Signing {
            payload: &bytes,
            party: Party::Giver,
            refused: &[],
            remark,
            counted: &counted,
        };
        let few: Vec<Signing<'_>> = (0..2).map(|_| signing("")).collect();
        assert!(of_all_minutes(Lang::Vi, &few).len() > 20);
        let mut many: Vec<Signing<'_>> = (0..150).map(|_| signing("")).collect();
        let told = of_all_minutes(Lang::Vi, &many);
        assert_eq!(told.len(), 2, "{told:?}");
        check(
            &told[..1],
            &[
                "Trạm Mường La",
                "Trung tâm Mường Bú",
                "150",
                "3.000",
                "15.000.000.000 đồng",
            ],
        );
        check(&told[1..], &["150", "3.000", "15.000.000.000 đồng"]);
        many.push(signing("thiếu chìa khóa"));
        check(&of_all_minutes(Lang::Vi, &many), &["thiếu chìa khóa", "151"]);
    }
}
