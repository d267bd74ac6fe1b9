//! What ends: a secondment with the offices that came with it, a departure with its payment; how long a secondment may last.

use serde_json::json;

use crate::{FINDINGS, HOME, HOST, Staff};

#[test]
fn a_recall_ends_the_offices_at_the_host_or_names_them() {
    let (staff, daemon) = Staff::found();
    let province = &staff.province;
    for (person, key) in [("Lò Văn An", "an.pem"), ("Cà Thị Bình", "binh.pem")] {
        staff.register(person);
        province
            .sign("head.pem", &Staff::second(person, "2026-02-01", "2026-12-31"))
            .with(0);
        province.sign("host.pem", &["person", "accept", person]).with(0);
        province.appoint(
            "host.pem",
            key,
            person,
            HOST,
            "dossier_officer",
            &["--until", "2027-01-01"],
        );
    }
    let state = |person: &str| {
        let listed = province.told(0, &["key", "officials", "--all"]);
        let all = listed["officials"].as_array().unwrap().clone();
        let own = all.into_iter().find(|one| one["person"] == json!(person));
        own.map(|one| one["state"].clone()).unwrap()
    };
    // The home may recall, and may not end what the host gave: it is told how that ends.
    let recalled = staff.sign(&["person", "recall", "lo van an"]).with(FINDINGS);
    assert!(
        recalled.said.contains("Still in force: Lò Văn An"),
        "{}",
        recalled.said
    );
    assert!(recalled.said.contains("soxa key cut"), "{}", recalled.said);
    assert_eq!(state("Lò Văn An"), json!("in_force"));
    // The host's head does both, with one passphrase.
    let recalled = province
        .sign("host.pem", &["person", "recall", "ca thi binh"])
        .with(0);
    assert!(
        recalled.said.contains("Ended with the secondment: Cà Thị Bình"),
        "{}",
        recalled.said
    );
    assert_eq!(state("Cà Thị Bình"), json!("ended"));
    let shown = staff.show("ca thi binh");
    assert_eq!(shown["secondments"][0]["stage"], json!("ended"));
    daemon.stop();
}

#[test]
fn finance_pays_a_departure_and_a_secondment_is_not_too_long() {
    let (staff, daemon) = Staff::found();
    let province = &staff.province;
    province.appoint(
        "home.pem",
        "finance.pem",
        "Tòng Thị Hoa",
        HOME,
        "finance_witness",
        &[],
    );
    let rule = [
        "reference",
        "publish",
        "staffing_rule",
        "BP",
        "--from",
        "2025-07-01",
        "--set",
    ];
    let rule = [&rule[..], &["secondment_months=36", "action=refuse"]].concat();
    province.sign("operator.pem", &rule).with(0);
    let an = staff.register("Lò Văn An");
    let too_long = Staff::second("Lò Văn An", "2026-02-01", "2029-02-01");
    staff.refused("head.pem", &too_long, &["rule BP", "36 months", "2029-02-01"]);
    province
        .sign(
            "head.pem",
            &Staff::second("Lò Văn An", "2026-02-01", "2029-01-31"),
        )
        .with(0);

    // A guest at the host has a post there for a time, and counts at home alone.
    staff.done(&Staff::post(&an, "DC-1"));
    province.sign("host.pem", &["person", "accept", &an]).with(0);
    province.sign("host.pem", &["roster", "create", HOST]).with(0);
    let add = [
        "roster", "add-post", HOST, "--code", "DC", "--title", "DC", "--field", "land",
    ];
    province.sign("host.pem", &add).with(0);
    let post = [
        "person",
        "post",
        &an,
        "--unit",
        HOST,
        "--post",
        "DC",
        "--from",
        "2026-02-01",
        "--kind",
    ];
    province
        .sign("host.pem", &[&post[..], &["concurrent"]].concat())
        .with(0);
    assert_eq!(province.told(0, &["roster", "show", HOST])["people"], json!({}));
    assert_eq!(
        province.told(0, &["roster", "show", HOME])["people"],
        json!({ "land": 1 })
    );

    // Finance signs what it pays, naming the departure; it decides none.
    let depart = [
        "person",
        "depart",
        &an,
        "--ground",
        "resignation",
        "--last-day",
        "2029-06-30",
    ];
    staff.refused("finance.pem", &depart, &["permits"]);
    staff.done(&depart);
    let paid = province
        .sign("finance.pem", &["person", "pay", &an, "--amount", "5.000.000"])
        .with(0);
    assert!(paid.said.contains("30/06/2029"), "{}", paid.said);
    assert_eq!(staff.show(&an)["departures"][0]["paid"], json!(5_000_000));

    staff.done(&["person", "set", &an, "commute_km=80"]);
    let far = |km: &str| province.told(0, &["person", "list", "--commute-over", km])["persons"].clone();
    assert_eq!(
        (far("79")[0]["commute_km"].clone(), far("80")),
        (json!(80), json!([]))
    );
    daemon.stop();
}
