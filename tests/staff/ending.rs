//! What ends: a secondment with the offices that came with it, a departure with its payment; how long a secondment may last.

use serde_json::json;

use crate::support::province::{created, new_key};
use crate::{FINDINGS, HOME, HOST, Staff};

#[test]
fn a_recall_ends_the_offices_at_the_host_or_names_them() {
    let (staff, daemon) = Staff::found();
    let province = &staff.province;
    let taken = |person: &str| {
        province
            .sign("head.pem", &Staff::second(person, "2026-02-01", "2026-12-31"))
            .with(0);
        province.sign("host.pem", &["person", "accept", person]).with(0);
    };
    let office = |key, person, further: &[&str]| {
        province.appoint("host.pem", key, person, HOST, "dossier_officer", further)
    };
    // Given before anybody of the name is registered, an office is for nobody's record.
    let early = office("chung.pem", "Quàng Văn Chung", &[]);
    let people = ["Lò Văn An", "Cà Thị Bình", "Quàng Văn Chung"];
    let [an, _, _] = people.map(|person| {
        let id = staff.register(person);
        taken(person);
        id
    });
    let of_an = office("an.pem", people[0], &[]);
    let of_binh = office("binh.pem", people[1], &["--until", "2027-01-01"]);
    let official = |id: &str| {
        let listed = province.told(0, &["key", "officials", "--all"]);
        let all = listed["officials"].as_array().unwrap().clone();
        all.into_iter().find(|one| one["id"] == json!(id)).unwrap()
    };
    // What the host gives a guest ends with the secondment, and cannot last longer.
    assert_eq!(official(&of_an)["record"], json!(an));
    assert_eq!(official(&of_an)["until"], official(&of_binh)["until"]);
    assert_eq!(official(&early)["record"], json!(null));
    let longer = [
        "key",
        "appoint",
        "--holder",
        &province.path("an.pem"),
        "--record",
        &an,
        "--unit",
        HOST,
        "--role",
        "auditor",
        "--until",
        "2027-01-02",
    ];
    staff.refused("host.pem", &longer, &["outlast", "31/12/2026"]);
    // The home may recall, and may not end what the host gave: it is told how that ends.
    let recalled = staff.sign(&["person", "recall", "lo van an"]).with(FINDINGS);
    assert!(
        recalled.said.contains("Still in force: Lò Văn An"),
        "{}",
        recalled.said
    );
    assert!(recalled.said.contains("soxa key cut"), "{}", recalled.said);
    assert_eq!(official(&of_an)["state"], json!("in_force"));
    // The host's head does both, with one passphrase.
    let recalled = province
        .sign("host.pem", &["person", "recall", "ca thi binh"])
        .with(0);
    assert!(
        recalled.said.contains("Ended with the secondment: Cà Thị Bình"),
        "{}",
        recalled.said
    );
    assert_eq!(official(&of_binh)["state"], json!("ended"));
    let shown = staff.show("ca thi binh");
    assert_eq!(shown["secondments"][0]["stage"], json!("ended"));
    // Nobody's office is told, and stays: it may be a namesake's.
    let recalled = province
        .sign("host.pem", &["person", "recall", "quang van chung"])
        .with(FINDINGS);
    assert!(recalled.said.contains("under the same name"), "{}", recalled.said);
    assert_eq!(official(&early)["state"], json!("in_force"));
    daemon.stop();
}

#[test]
fn a_recall_leaves_a_namesake_in_office() {
    let (staff, daemon) = Staff::found();
    let province = &staff.province;
    let name = "Lò Văn An";
    let register = [
        "person",
        "register",
        "--unit",
        HOST,
        "--name",
        name,
        "--birth-year",
        "1971",
        "--field",
        "finance",
        "--format",
        "json",
    ];
    let own = created(&province.sign("host.pem", &register).with(0));
    let guest = staff.register(name);
    // A name is of two people now; either is found by the year of birth, and named by the id.
    let which = ["person", "recall", name];
    staff.refused("host.pem", &which, &["More than one record", "Lò Văn An 1971"]);
    province
        .sign("head.pem", &Staff::second(&guest, "2026-02-01", "2026-12-31"))
        .with(0);
    province.sign("host.pem", &["person", "accept", &guest]).with(0);
    let appoint = |key: &str, record: &[&str]| {
        let holder = province.path(key);
        if !province.file(key).exists() {
            new_key(&province.file(key), name);
        }
        let args = [
            "key",
            "appoint",
            "--holder",
            &holder,
            "--unit",
            HOST,
            "--role",
            "dossier_officer",
        ];
        province.sign("host.pem", &[&args, record].concat())
    };
    let said = appoint("own.pem", &["--person", name]).with(1).said;
    assert!(said.contains("several people") && said.contains("1971"), "{said}");
    appoint("own.pem", &["--record", &own]).with(0);
    appoint("guest.pem", &["--record", &guest]).with(0);
    province.sign("host.pem", &["person", "recall", &guest]).with(0);
    let listed = province.told(0, &["key", "officials", "--unit", HOST]);
    let left = listed["officials"].as_array().unwrap().iter();
    let left: Vec<_> = left.filter(|one| one["person"] == json!(name)).collect();
    assert_eq!(left.len(), 1, "{listed}");
    assert_eq!(left[0]["record"], json!(own));
    // Whoever leaves the service is told what is still in force.
    let depart = [
        "person",
        "depart",
        &own,
        "--ground",
        "retirement",
        "--last-day",
        "2026-06-30",
    ];
    let said = province.sign("host.pem", &depart).with(0).said;
    assert!(said.contains("Still in force: Lò Văn An"), "{said}");
    let found = province.told(FINDINGS, &["key", "report"])["key_report"].clone();
    let of_own = found
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["person"] == json!(name));
    assert_eq!(of_own.unwrap()["what"], json!("left"));
    daemon.stop();
}

#[test]
fn finance_pays_a_departure_and_a_secondment_is_not_too_long() {
    let (staff, daemon) = Staff::found();
    let province = &staff.province;
    // The department of finance is of the province, beside the communes and above none.
    let finance = "Sở Tài chính";
    let register = [
        "unit",
        "register",
        "--kind",
        "department",
        "--name",
        finance,
        "--code",
        "STC",
        "--parent",
    ];
    let open = [&province.unit, "--open", "2025-07-01", "--format", "json"];
    let department = created(
        &province
            .sign("head.pem", &[&register[..], &open].concat())
            .with(0),
    );
    let role = "finance_witness";
    province.appoint("head.pem", "finance.pem", "Tòng Thị Hoa", finance, role, &[]);
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
    staff.refused("head.pem", &too_long, &["rule BP", "36 months", "01/02/2029"]);
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

    // Finance signs what it pays where the departure names it, and decides none.
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
    let pay = ["person", "pay", &an, "--amount", "5.000.000"];
    staff.refused("finance.pem", &pay, &["neither this unit nor above it"]);
    let decided = staff.done(&[&depart[..], &["--payer", finance]].concat());
    assert!(decided.said.contains(finance), "{}", decided.said);
    staff.refused("host.pem", &pay, &[finance]);
    let paid = province.sign("finance.pem", &pay).with(0);
    assert!(paid.said.contains("30/06/2029"), "{}", paid.said);
    let departure = &staff.show(&an)["departures"][0];
    assert_eq!(departure["paid"], json!(5_000_000));
    assert_eq!(departure["payer"], json!(department));

    staff.done(&["person", "set", &an, "commute_km=80"]);
    let far = |km: &str| province.told(0, &["person", "list", "--commute-over", km])["persons"].clone();
    assert_eq!(
        (far("79")[0]["commute_km"].clone(), far("80")),
        (json!(80), json!([]))
    );
    daemon.stop();
}
