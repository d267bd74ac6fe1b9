//! What is known of applicants and scans of papers: sealed, at the readers' nodes alone, mended where a disk damaged it, and
//! gone on with where it broke off.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use soxa_ledger::{NodeKey, SecretKey};
use soxa_net::{Net, NetConfig, NetEvent};
use soxa_sync::file_words::{FileQuestion, FileReply};

use crate::forwarding::{holds_mark, wait_for_status};
use crate::support::chance::Chance;
use crate::support::province::Node;
use crate::support::wait_for;
use crate::{Desk, at, with_desk};

/// A number that stands nowhere in clear.
const ID_NUMBER: &str = "MARK-d1c45a0f";
const CODE: &str = "03847-251103-0001";

/// Where a node keeps a file.
pub fn place(node: &Node, file: &str) -> PathBuf {
    let folder = node.home.join("store/attachments").join(&file[..2]);
    folder.join(file)
}

/// The files that a node keeps.
pub fn kept(node: &Node) -> BTreeSet<String> {
    let folders = std::fs::read_dir(node.home.join("store/attachments"));
    // Others hold what is still to come.
    let folders = folders
        .into_iter()
        .flatten()
        .flatten()
        .filter(|folder| folder.file_name().len() == 2);
    let files = folders.flat_map(|folder| std::fs::read_dir(folder.path()).into_iter().flatten().flatten());
    let names = files.filter_map(|file| file.file_name().into_string().ok());
    names.filter(|name| name.len() == 64).collect()
}

#[track_caller]
pub fn wait_for_files(node: &Node, files: &BTreeSet<String>) {
    wait_for(&format!("files at {}", node.home.display()), || {
        let kept = kept(node);
        if kept == *files {
            Ok(())
        } else {
            Err(format!("{kept:?}"))
        }
    });
}

/// The applicant as a node tells it, once it has the dossier.
#[track_caller]
fn applicant_at(desk: &Desk, node: &Node, dossier: &str) -> Value {
    wait_for(&format!("the applicant at {}", node.home.display()), || {
        if !node.records("dossier").contains(&dossier.to_owned()) {
            return Err("no dossier".to_owned());
        }
        let shown = desk.show(node, dossier);
        match &shown["applicant"] {
            Value::Null => Err(shown.to_string()),
            applicant => Ok(applicant.clone()),
        }
    })
}

/// What an admitted node of a unit is answered that knows record and file and asks for it.
fn asked_by_a_stranger(desk: &Desk, unit: &str, host: &Node, question: FileQuestion) -> FileReply {
    let key = SecretKey::from_seed(&[0x77; 32]);
    let own = key.node().to_string();
    let admit = ["node", "admit", &own, "--unit", unit, "--name", "x"];
    desk.province.sign("operator.pem", &admit).with(0);
    let network = desk.province.network.parse().expect("a network id");
    let host_key: NodeKey = host.key.parse().expect("a node key");
    let mut config = NetConfig::new(key, network);
    config.dial = host.addresses();
    config.admitted = BTreeSet::from([host_key]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let (net, mut events) = Net::start(config).await.expect("its network");
        loop {
            match events.recv().await.expect("an event") {
                NetEvent::PeerUp { .. } => {
                    net.ask(host_key, 1, question.encode()).expect("a question");
                }
                // Until the host knows of the admission it hangs up, and is dialled again.
                NetEvent::Answered {
                    result: Ok(bytes), ..
                } => {
                    return FileReply::decode(&bytes).expect("an answer about files");
                }
                _ => {}
            }
        }
    })
}

pub fn flip(file: &Path) {
    let mut bytes = std::fs::read(file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(file, bytes).unwrap();
}

#[test]
fn an_applicant_is_known_to_the_readers_of_the_dossier_and_to_nobody_else() {
    with_desk(|desk| {
        let written = desk.province.file("applicant.json");
        let said =
            json!({"name": "Lò Thị Mai", "id_number": ID_NUMBER, "phone": "0912", "address": "Bản Pùa"});
        std::fs::write(&written, said.to_string()).unwrap();
        let dossier = desk.receive(&["--applicant", written.to_str().unwrap()]);
        assert_eq!(applicant_at(desk, &desk.first, &dossier), said);
        assert_eq!(applicant_at(desk, &desk.province.node, &dossier), said);
        let files = kept(&desk.first);
        assert_eq!(files.len(), 1);
        wait_for_files(&desk.province.node, &files);
        for node in [&desk.first, &desk.province.node] {
            assert!(!holds_mark(&node.home), "{}", node.home.display());
        }
        // A note of the history names the file and says nothing of what is in it.
        let log = crate::support::program::soxa(&desk.first.home, &["log", &dossier]).with(0);
        assert!(!log.told.contains(ID_NUMBER), "{}", log.told);

        // Another commune's node that knows record and file, and asks for it all the same.
        let file = files.first().unwrap();
        let question = FileQuestion {
            record: dossier.parse().unwrap(),
            file: file.parse().unwrap(),
            offset: 0,
        };
        let reply = asked_by_a_stranger(desk, "03721", &desk.first, question);
        assert_eq!(reply, FileReply { piece: None });
        assert!(kept(&desk.second).is_empty());

        // A damaged file is told, and fetched again from the province.
        let good = std::fs::read(place(&desk.first, file)).unwrap();
        flip(&place(&desk.first, file));
        let args = ["dossier", "show", CODE, "--format", "json"];
        let mended = crate::support::program::soxa(&desk.first.home, &args).with(0);
        assert!(
            mended.said.contains("was damaged on this disk"),
            "{}",
            mended.said
        );
        assert_eq!(mended.json()["applicant"], said);
        assert_eq!(std::fs::read(place(&desk.first, file)).unwrap(), good);

        // Whoever the dossier is forwarded to gets the file as well.
        desk.step(&["process", CODE, "--at", &at(3)]);
        desk.forward(CODE);
        assert_eq!(applicant_at(desk, &desk.second, &dossier), said);
        wait_for_files(&desk.second, &files);
    });
}

#[test]
fn scans_go_to_the_readers_whole_and_go_on_where_they_broke_off() {
    with_desk(|desk| {
        let dossier = desk.receive(&[]);
        desk.step(&["process", &dossier, "--at", &at(3)]);
        let mut chance = Chance::new(7);
        let scans: Vec<Vec<u8>> = (0..2).map(|_| chance.bytes(900_000)).collect();
        for (number, scan) in scans.iter().enumerate() {
            let file = desk.province.file(&format!("scan-{number}.pdf"));
            std::fs::write(&file, scan).unwrap();
            let file = file.to_str().unwrap();
            desk.step(&["paper", CODE, "--name", "Tờ khai", "--scan", file, "--at", &at(3)]);
        }
        let files = kept(&desk.first);
        assert_eq!(files.len(), 2);
        wait_for_files(&desk.province.node, &files);

        // What a node was left with that was killed in the middle: of one file the beginning, of the other something else.
        let begun = desk.second.home.join("store/attachments/begun");
        std::fs::create_dir_all(&begun).unwrap();
        for (number, file) in files.iter().enumerate() {
            let mut bytes = std::fs::read(place(&desk.first, file)).unwrap();
            bytes.truncate(300_001);
            bytes[300_000 * number] ^= u8::try_from(number).unwrap();
            std::fs::write(begun.join(file), bytes).unwrap();
        }
        desk.forward(CODE);
        wait_for_files(&desk.second, &files);
        let status = desk.second.status();
        for peer in status["peers"].as_array().unwrap() {
            assert_eq!(peer["offences"], json!([]), "{status}");
        }
        wait_for_status(desk, &desk.second, &dossier, "processing");
        for (number, scan) in scans.iter().enumerate() {
            let out = desk.province.path(&format!("out-{number}.pdf"));
            let paper = (number + 1).to_string();
            let args = ["dossier", "file", CODE, &paper, "-o", &out];
            crate::support::program::soxa(&desk.second.home, &args).with(0);
            assert_eq!(&std::fs::read(&out).unwrap(), scan);
            // Nothing is written over.
            crate::support::program::soxa(&desk.second.home, &args).with(1);
        }
    });
}
