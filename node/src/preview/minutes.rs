//! Minutes in plain words, read from the very bytes that are signed.

use serde_json::Value;
use soxa_lang::{Lang, money, number, text};
use soxa_ledger::minutes::{Party, RefusedLine};

/// Lines that are told one by one.
const LINES_TOLD: usize = 12;

/// The minutes that somebody signs: read from the very bytes that are signed.
pub fn of_minutes(lang: Lang, payload: &[u8], party: Party, refused: &[RefusedLine]) -> Vec<String> {
    let Ok(minutes) = serde_json::from_slice::<Value>(payload) else {
        return vec![text(lang, "preview.minutes.unreadable", &[])];
    };
    let of = |pointer: &str| match minutes.pointer(pointer) {
        Some(Value::String(text)) if !text.is_empty() => text.clone(),
        _ => "–".to_owned(),
    };
    let lines = minutes
        .get("lines")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let cost = |line: &Value| line.get("cost").and_then(Value::as_i64).unwrap_or_default();
    let total = lines.iter().map(cost).fold(0_i64, i64::saturating_add);
    let capacity = text(lang, &format!("records.field.{}", party.as_str()), &[]);
    let mut told = vec![text(
        lang,
        "preview.minutes.signed",
        &[
            ("party", &capacity),
            ("giver", &of("/giver/name")),
            ("receiver", &of("/receiver/name")),
            ("witness", &of("/witness/name")),
            ("date", &of("/date")),
            ("basis", &of("/basis")),
            ("lines", &number(lang, lines.len())),
            ("cost", &money(lang, total)),
        ],
    )];
    for (index, line) in lines.iter().enumerate().take(LINES_TOLD) {
        let field = |name: &str| {
            line.get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let values: [(&str, &dyn std::fmt::Display); 5] = [
            ("line", &(index + 1)),
            ("name", &field("name")),
            ("quantity", &field("quantity")),
            ("condition", &field("condition")),
            ("cost", &money(lang, cost(line))),
        ];
        told.push(text(lang, "preview.minutes.line", &values));
    }
    if lines.len() > LINES_TOLD {
        told.push(text(
            lang,
            "preview.minutes.more",
            &[("count", &(lines.len() - LINES_TOLD))],
        ));
    }
    for line in refused {
        told.push(text(
            lang,
            "preview.minutes.refused",
            &[("line", &line.line), ("reason", &line.reason)],
        ));
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_are_told_from_the_bytes_that_are_signed() {
        let payload = r#"{"giver":{"name":"Trạm Mường La"},"receiver":{"name":"Trung tâm Mường Bú"},"witness":null,
            "basis":"QĐ 2733","date":"2025-11-15","lines":[{"name":"Máy ảnh","quantity":"1","condition":"cũ",
            "cost":5000000},{"name":"Bàn","quantity":"2","condition":"","cost":100}]}"#;
        let refused = [RefusedLine {
            line: 2,
            reason: "gãy chân".to_owned(),
        }];
        let told = of_minutes(Lang::Vi, payload.as_bytes(), Party::Receiver, &refused);
        assert_eq!(told.len(), 4);
        assert!(
            told[0].contains("Trung tâm Mường Bú") && told[0].contains("5.000.100 đồng"),
            "{}",
            told[0]
        );
        assert!(told[1].contains("Máy ảnh") && told[3].contains("gãy chân"));
        assert_eq!(of_minutes(Lang::En, b"{", Party::Giver, &[]).len(), 1);
    }
}
