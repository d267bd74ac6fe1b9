//! The measurements at their smallest: what they print, and what holds whatever the machine. No time is judged.

mod support;

use serde_json::Value;

use support::program::soxa;

/// The object that a measurement prints, below a folder of its own that holds nothing afterwards.
#[track_caller]
fn measure(args: &[&str]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let json = soxa(folder.path(), &[&["bench"], args, &["--json"]].concat())
        .with(0)
        .json();
    assert_eq!(
        (&json["schema"], &json["bench"]),
        (&"soxa.bench/1".into(), &args[0].into())
    );
    json
}

#[track_caller]
fn expect_numbers(object: &Value, names: &[&str]) {
    for name in names {
        assert!(object[*name].is_number(), "{name}: {object}");
    }
}

#[test]
fn equal_nodes_settle_in_one_round_trip_and_others_end_equal() {
    let json = measure(&["resync", "--operations", "40", "--apart", "5"]);
    let equal = &json["equal"];
    assert_eq!((&equal["round_trips"], &equal["same"]), (&1.into(), &true.into()));
    assert!(equal["message_bytes"].as_u64().unwrap() < 1_024, "{equal}");
    let differing = &json["differing"];
    assert_eq!(differing["same"], true);
    // Two comparisons, one request for runs each way, and two comparisons that find them equal.
    assert!(differing["round_trips"].as_u64().unwrap() <= 6, "{differing}");
    for meeting in [equal, differing] {
        expect_numbers(meeting, &["held_ms", "equal_ms", "line_bytes"]);
    }
}

#[test]
fn an_empty_process_ends_with_all_operations() {
    let json = measure(&["bootstrap", "--operations", "60", "--communes", "2"]);
    assert_eq!((&json["operations"], &json["equal"]), (&60.into(), &true.into()));
    assert_eq!(json["not_valid_commits"], 0);
    expect_numbers(
        &json,
        &["operations_per_second", "line_bytes_per_operation", "round_trips"],
    );
    for process in ["receiver", "sender"] {
        expect_numbers(&json[process], &["cpu_seconds", "memory_peak_bytes"]);
    }
}

#[test]
fn a_table_comes_in_once_however_often_it_is_imported() {
    let json = measure(&["import", "--rows", "700"]);
    assert_eq!(
        (&json["rows"], &json["as_expected"]),
        (&700.into(), &true.into()),
        "{json}"
    );
    for run in ["first", "again"] {
        expect_numbers(
            &json[run],
            &["seconds", "command_cpu_seconds", "node_cpu_seconds"],
        );
    }
    expect_numbers(&json, &["node_memory_peak_bytes"]);
}

#[test]
fn a_cut_voids_all_under_it_and_nothing_else() {
    let json = measure(&["rejudge", "--operations", "400", "--under-key", "40"]);
    assert_eq!(
        (&json["operations"], &json["under_key"]),
        (&400.into(), &40.into())
    );
    assert_eq!(json["as_expected"], true, "{json}");
    let (idle, cut) = (&json["idle"], &json["cut"]);
    assert_eq!(
        (&idle["void_operations"], &cut["void_operations"]),
        (&0.into(), &40.into())
    );
    assert_eq!(idle["records_judged"], 0);
    // Only records that the deputy touched, and each once.
    let judged = cut["records_judged"].as_u64().unwrap();
    assert!((1..=40).contains(&judged), "{judged}");
    assert_ne!(json["state_root"]["before"], json["state_root"]["after"]);
    for taken in [idle, cut] {
        expect_numbers(
            taken,
            &["seconds", "judge_seconds", "log_seconds", "index_seconds"],
        );
    }
    // A commune's officer does at least as much as the deputy.
    let folder = tempfile::tempdir().unwrap();
    let too_many = ["bench", "rejudge", "--operations", "400", "--under-key", "51"];
    soxa(folder.path(), &too_many).with(2);
}

#[test]
fn every_commit_reaches_the_province() {
    let json = measure(&["latency", "--commits", "3", "--every-ms", "0"]);
    assert_eq!(json["commits"], 3);
    for times in ["stored_ms", "both_ms"] {
        expect_numbers(&json[times], &["median", "p90", "p99", "max"]);
    }
    let longest = |times: &str| json[times]["max"].as_f64().unwrap();
    assert!(longest("both_ms") >= longest("stored_ms"));
}
