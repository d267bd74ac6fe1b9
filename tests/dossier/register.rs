//! A register that was kept before: taken over whole and once, readable by the dossiers' readers alone, gone on with from there.

use serde_json::{Value, json};

use crate::forwarding::{holds_mark, wait_for_status};
use crate::support::program::{Ended, soxa};
use crate::{Desk, at, with_desk};

/// A number that stands nowhere in clear; [`holds_mark`] looks for it.
const ID_NUMBER: &str = "MARK-d1c45a0f";

fn register() -> String {
    let heading = "Mã hồ sơ;Thủ tục;Người nộp;Số CCCD;Nơi tiếp nhận;Ngày nhận;Ngày hẹn;Ngày trả;Tình trạng;Lệ phí;Số kết quả";
    let lines = [
        "12/SHS;Đăng ký khai sinh;Lò Thị Mai;MARK-d1c45a0f;Xã Tạ Bú;03/11/2025;10/11/2025;07/11/2025;Đã trả;8.000;12/KS",
        "13/SHS;1.001193;Cà Văn Hom;;Xã Mường Bú;03/11/2025;;;Đang giải quyết;;",
        "03847-251103-9999;1.001193;Quàng Thị Ẻn;;03847;03/11/2025;;05/11/2025;;;",
    ];
    format!("{heading}\n{}\n", lines.join("\n"))
}

fn import(desk: &Desk, file: &str, more: &[&str]) -> Ended {
    let args = ["import", "dossiers", file, "--format", "json"];
    desk.sign("clerk.pem", &[&args, more].concat())
}

fn counts(told: &Value, of: &str) -> Value {
    let rows = told["counts"].as_array().cloned().unwrap_or_default();
    let told = rows.iter().map(|row| {
        (
            row["status"].as_str().unwrap_or_default().to_owned(),
            row[of].clone(),
        )
    });
    Value::Object(told.collect())
}

#[test]
fn a_register_is_taken_over_once_and_its_dossiers_go_on() {
    with_desk(|desk| {
        desk.province
            .sign(
                "head.pem",
                &[
                    "unit",
                    "register",
                    "--kind",
                    "commune",
                    "--name",
                    "Xã Tạ Bú",
                    "--code",
                    "03676",
                    "--parent",
                    "14",
                    "--open",
                    "2020-01-01",
                ],
            )
            .with(0);
        desk.province
            .sign(
                "head.pem",
                &[
                    "unit",
                    "close",
                    "Xã Tạ Bú",
                    "--date",
                    "2025-07-01",
                    "--successor",
                    "03847",
                ],
            )
            .with(0);
        crate::converge(&[&desk.province.node, &desk.first, &desk.second]);
        let file = desk.province.path("so.csv");
        std::fs::write(&file, register()).unwrap();

        // While one line is wrong nothing is done; a code that is taken is named with its line.
        let bad = desk.province.path("bad.csv");
        let taken = desk.receive(&["--code", "77/SHS"]);
        std::fs::write(
            &bad,
            format!("{}77/SHS;1.001193;;;Xã Thuận Châu;03/11/2025;;;;;\n", register()),
        )
        .unwrap();
        let refused = import(desk, &bad, &[]).with(1).json();
        let problem = &refused["problems"][0];
        assert_eq!(
            (&problem["row"], &problem["reason"]),
            (&json!(5), &json!("code_taken")),
            "{problem}"
        );
        assert_eq!(desk.first.records("dossier"), [taken]);

        let dry = import(desk, &file, &["--dry-run"]).with(0).json();
        assert_eq!(dry["new"], json!(3));
        let told = import(desk, &file, &[]).with(0).json();
        assert_eq!(
            counts(&told, "new"),
            json!({"returned": 2, "processing": 1, "received": 0})
        );
        assert_eq!(
            counts(&told, "after"),
            json!({"returned": 2, "processing": 1, "received": 1})
        );
        let totals = told["totals"].as_array().unwrap().last().cloned().unwrap();
        assert_eq!(
            (&totals["count"], &totals["fee"]),
            (&json!(4), &json!(16_000)),
            "{totals}"
        );
        let again = import(desk, &file, &[]).with(0).json();
        assert_eq!((&again["new"], &again["same"]), (&json!(0), &json!(3)), "{again}");

        // The act says whose words it repeats: the old office is named, no decision has a signer.
        let shown = desk.show(&desk.first, "12/SHS");
        assert_eq!(
            (&shown["status"], &shown["applicant"]["id_number"]),
            (&json!("returned"), &json!(ID_NUMBER))
        );
        assert_eq!(
            (&shown["decision"], &shown["outcome"]),
            (&json!("12/KS"), &Value::Null),
            "{shown}"
        );
        assert!(shown["acts"].to_string().contains("Xã Tạ Bú"), "{shown}");
        assert!(!holds_mark(&desk.first.home) && !holds_mark(&desk.province.node.home));

        // What is exported is found there again.
        let out = desk.province.path("out.xlsx");
        soxa(&desk.first.home, &["export", "dossiers", &out, "--unit", "03847"]).with(0);
        let back = import(desk, &out, &["--dry-run"]).with(0).json();
        assert_eq!((&back["new"], &back["same"]), (&json!(0), &json!(4)), "{back}");

        // A code of the paper world uses no numbers up, and is given to nobody else.
        let dossier = desk.receive(&[]);
        assert_eq!(
            desk.show(&desk.first, &dossier)["code"],
            json!("03847-251103-0001")
        );

        // What was open goes on, and the province reads all of it; another commune nothing.
        desk.sign(
            "first.pem",
            &[
                "dossier",
                "sign",
                "13/SHS",
                "--title",
                "Giấy khai sinh",
                "--at",
                &at(6),
            ],
        )
        .with(0);
        desk.step(&["return", "13/SHS", "--at", &at(7)]);
        let open = desk.show(&desk.first, "13/SHS")["id"]
            .as_str()
            .unwrap()
            .to_owned();
        wait_for_status(desk, &desk.province.node, &open, "returned");
        assert!(desk.second.records("dossier").is_empty());
        let changed = import(desk, &file, &[]).with(3).json();
        assert_eq!(
            (&changed["new"], &changed["differences"][0]["row"]),
            (&json!(0), &json!(3)),
            "{changed}"
        );
    });
}
