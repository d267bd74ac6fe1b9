//! The manual is executed: the commands of its sections about Excel, an asset officer's day, a dossier's way, a staff officer's day, units, reports, and a machine that
//! comes back, as they stand there, each in a shell, in the folder and with the nodes that the section supposes.
//!
//! What a person would do beside them is done here: passphrases, looking whether the daemon that was started answers, waiting for the
//! other node. What a comment quotes as “…” is expected in the output.

mod support;

use std::fs::Permissions;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

use support::acts::Officer;
use support::program::{Daemon, Ended, PASSPHRASE};
use support::province::{LOOPBACK, Node, Province, converge};
use support::wait_for;

const MANUAL: &str = include_str!("../node/MANUAL.md");
/// The province's address in the manual.
const ADDRESS: &str = "/ip4/203.0.113.5/tcp/7470";

/// A command of the manual and what is said behind it.
struct Line {
    command: String,
    comment: String,
}

/// The commands of the first block of a section.
#[track_caller]
fn commands(section: &str) -> Vec<Line> {
    let (_, rest) = MANUAL
        .split_once(&format!("\n## {section}\n"))
        .unwrap_or_else(|| panic!("node/MANUAL.md has no section {section:?}"));
    let (_, block) = rest.split_once("\n```sh\n").expect("a block of commands");
    let (block, _) = block.split_once("\n```").expect("its end");
    let line = |line: &str| {
        let (command, comment) = line.split_once(" # ").unwrap_or((line, ""));
        Line {
            command: command.trim().to_owned(),
            comment: comment.trim().to_owned(),
        }
    };
    block.lines().map(line).collect()
}

impl Line {
    /// What the comment says the command tells, if it quotes that.
    fn quoted(&self) -> Option<&str> {
        let (_, quote) = self.comment.split_once('“')?;
        let (quote, _) = quote.split_once('”')?;
        Some(quote.trim_matches(['…', ' ']))
    }
}

/// A folder in which the manual's commands run, with a `soxa` that is asked for a passphrase where it signs.
struct Shell<'a> {
    province: &'a Province,
    daemons: Vec<Daemon>,
}

impl<'a> Shell<'a> {
    /// In the province's folder; its node's home is there under the manual's name.
    fn of(province: &'a Province) -> Self {
        symlink(&province.node.home, province.file("tinh")).expect("a name for the province's home");
        let program = province.file("soxa");
        let script = format!(
            "#!/bin/sh\nunset SOXA_HOME SOXA_KEY RUST_LOG\nexport SOXA_LANG=en\ncase \" $* \" in *\" --key \"*) set -- \"$@\" --yes --passphrase-stdin ;; esac\nexec {} \"$@\"\n",
            env!("CARGO_BIN_EXE_soxa")
        );
        std::fs::write(&program, script).expect("the program's name");
        std::fs::set_permissions(&program, Permissions::from_mode(0o700)).expect("its mode");
        Self {
            province,
            daemons: Vec::new(),
        }
    }

    /// Runs a command as it stands.
    #[track_caller]
    fn run(&mut self, command: &str) -> Ended {
        let (folder, path) = (self.province.folder(), std::env::var("PATH").expect("PATH"));
        if let Some(started) = command.strip_suffix('&') {
            let home = started
                .split_whitespace()
                .skip_while(|word| *word != "--home")
                .nth(1);
            let node = Node::at(folder.join(home.expect("a home")), String::new());
            self.daemons.push(node.start());
            return self.run("true");
        }
        let mut child = Command::new("sh")
            .args([
                "-ec",
                &command.replace(ADDRESS, &self.province.node.addresses()[0]),
            ])
            .current_dir(folder)
            .env("PATH", format!("{}:{path}", folder.display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a shell");
        let mut input = child.stdin.take().expect("a pipe");
        // A command that signs nothing does not read it.
        let _ = writeln!(input, "{PASSPHRASE}");
        drop(input);
        let output = child.wait_with_output().expect("its end");
        Ended {
            exit: output.status.code(),
            told: String::from_utf8(output.stdout).expect("text"),
            said: String::from_utf8(output.stderr).expect("text"),
        }
    }
}

#[test]
fn a_dossiers_way() {
    let province = Province::found();
    let _daemon = province.node.start();
    let unit = province.add_commune("03847", "Xã Mường Bú", "chair.pem");
    province.add_commune("03721", "Xã Thuận Châu", "second.pem");
    let role = "dossier_officer";
    province.appoint("chair.pem", "clerk.pem", "Hoàng Thị Mai", &unit, role, &[]);
    let (commune, _) = province.add_node_of(&unit, "xa", &province.node.addresses());
    let _commune_daemon = commune.start();
    let register = "TT;Mã hồ sơ;Thủ tục;Người nộp;Số CCCD;Ngày nhận;Ngày hẹn;Ngày trả\n\
                    1;12/SHS;Đăng ký khai sinh;Cà Văn Hom;014198000777;03/07/2025;10/07/2025;08/07/2025\n";
    std::fs::write(province.file("socu.xlsx"), register).expect("a register");
    let mut shell = Shell::of(&province);
    for line in commands("A dossier's way") {
        converge(&[&province.node, &commune]);
        let ended = shell.run(&line.command);
        assert_eq!(ended.exit, Some(0), "{}\n{}", line.command, ended.said);
    }
    let again = shell.run("soxa --home xa import dossiers socu.xlsx --unit 03847 --key clerk.pem");
    assert!(
        again.said.contains("every line is in the ledger already"),
        "{}",
        again.said
    );
}

#[test]
fn a_staff_officers_day_and_units_under_every_name() {
    let province = Province::found();
    let _daemon = province.node.start();
    let unit = province.add_commune("03847", "Xã Mường Bú", "chair.pem");
    province.add_commune("03721", "Xã Thuận Châu", "host.pem");
    let role = "staff_officer";
    province.appoint("chair.pem", "staff.pem", "Hoàng Thị Mai", &unit, role, &[]);
    let (commune, _) = province.add_node_of(&unit, "xa", &province.node.addresses());
    let _commune_daemon = commune.start();
    let mut shell = Shell::of(&province);
    for section in [
        "A staff officer's day",
        "Units under every name",
        "What the province sees",
    ] {
        for line in commands(section) {
            converge(&[&province.node, &commune]);
            let ended = shell.run(&line.command);
            assert_eq!(ended.exit, Some(0), "{}\n{}", line.command, ended.said);
        }
    }
}

#[test]
fn from_excel() {
    let officer = Officer::appointed(&[]);
    let inventory = "STT;Mã tài sản;Tên tài sản;Nguyên giá (nghìn đồng)\n1;NHA-001;Nhà văn hóa xã;850.000\n2;MT-001;Máy vi tính;15.000\n";
    let posts = "Mã vị trí;Tên vị trí việc làm;Lĩnh vực;Đối tượng;Năm;Biên chế\nVH-1;Viên chức văn hóa;văn hóa;;;\n;;;VC;2026;11\n";
    let people =
        "STT;Họ và tên;Ngày sinh;Đối tượng;Chức vụ;Số CCCD\n1;Lò Văn An;15/11/1979;VC;VH-1;014079000001\n";
    let units = include_str!("../node/data/communes.csv");
    for (name, table) in [
        ("kiemke.xlsx", inventory),
        ("vitri.xlsx", posts),
        ("canbo.xlsx", people),
        ("xa.csv", units),
    ] {
        std::fs::write(officer.province.file(name), table).expect("a table");
    }
    let mut shell = Shell::of(&officer.province);
    let mut told = 0;
    for line in commands("From Excel") {
        let ended = shell.run(&line.command);
        assert_eq!(ended.exit, Some(0), "{}\n{}", line.command, ended.said);
        if let Some(quote) = line.quoted() {
            told += 1;
            assert!(ended.said.contains(quote), "{}\n{}", line.command, ended.said);
        }
    }
    assert_eq!(told, 3, "the manual shows what an import says");
    assert_eq!(officer.province.node.records("asset").len(), 2);
    assert!(officer.province.file("danhsach.xlsx").exists() && officer.province.file("nhansu.xlsx").exists());
}

#[test]
fn the_card_of_an_asset() {
    let officer = Officer::appointed(&[]);
    let province = &officer.province;
    let cards = "Mã tài sản;Tên tài sản;Mã loại theo quy định;Ngân sách;Nguồn khác;Giá trị còn lại;Năm sử dụng;Nước SX – số sê-ri\n\
                 NHA-001;Nhà văn hóa xã;TT23/2023 I.4;600.000.000;250.000.000;510.000.000;2015;\n\
                 MT-001;Máy vi tính;TT23/2023 V.1;15.000.000;;;2023;Việt Nam – S-123\n";
    for (name, content) in [
        ("the.csv", cards),
        (
            "asset_categories.csv",
            include_str!("../config/reference/asset_categories.csv"),
        ),
        ("sodo.pdf", "a scan"),
        ("truoc.jpg", "a photo"),
    ] {
        std::fs::write(province.file(name), content).expect("a file");
    }
    let mut shell = Shell::of(province);
    for line in commands("The card of an asset") {
        let ended = shell.run(&line.command);
        assert_eq!(ended.exit, Some(0), "{}\n{}", line.command, ended.said);
        for quote in line
            .comment
            .split('“')
            .skip(1)
            .filter_map(|rest| rest.split('”').next())
        {
            assert!(
                ended.told.contains(quote),
                "{quote} in {}\n{}",
                line.command,
                ended.told
            );
        }
    }
    assert_eq!(
        std::fs::read(province.file("anh.jpg")).expect("a photo"),
        b"a photo"
    );
    let again = ["import", "assets", &province.path("the-2025.xlsx")];
    province.sign("officer.pem", &again).with(0);
    assert_eq!(province.node.records("asset").len(), 2);
    // The computer of 15 million wore 3 million in each of 2023, 2024 and 2025, by the old circular.
    let on = ["asset", "show", "MT-001", "--on", "2026-12-31"];
    let card = province.told(0, &on);
    assert_eq!(card["wear_accumulated"], 9_000_000, "{card}");
    assert!(
        card["wear_unruled"]
            .as_str()
            .is_some_and(|said| said.contains("2026")),
        "{card}"
    );
    assert_eq!(
        (&card["maker"], &card["serial"]),
        (&"Việt Nam".into(), &"S-123".into())
    );
    // A category that nobody published is refused with what comes near.
    let unknown = ["asset", "classify", "TT141/2025 0509", "MT-001"];
    let refused = province.sign("officer.pem", &unknown).with(1);
    assert!(refused.said.contains("TT141/2025 0505"), "{}", refused.said);
}

#[test]
fn an_asset_officers_day() {
    let officer = Officer::appointed(&[]);
    let province = &officer.province;
    province.add_commune("03721", "Xã Thuận Châu", "receiver.pem");
    let inventory = "STT;Mã tài sản;Tên tài sản;Nguyên giá\n1;NHA-001;Nhà văn hóa xã;850.000.000\n2;MT-001;Máy vi tính;15.000.000\n";
    std::fs::write(province.file("kiemke.xlsx"), inventory).expect("an inventory");
    std::fs::write(province.file("bienban.pdf"), "%PDF").expect("signed minutes");
    let mut shell = Shell::of(province);
    let (mut shown, mut told) = (String::new(), 0);
    for line in commands("An asset officer's day") {
        let ended = shell.run(&line.command);
        assert_eq!(ended.exit, Some(0), "{}\n{}", line.command, ended.said);
        if line.command.contains("--refuse") || line.command.contains(" inventory ") {
            let quote = line.quoted().unwrap_or_default();
            told += usize::from(!quote.is_empty());
            assert!(ended.said.contains(quote), "{}\n{}", line.command, ended.said);
        }
        if line.command.contains("export inventory") {
            fill_in(&province.file("phieu.csv"));
        }
        if line.command.contains("inventory show") {
            for part in ["approved", "condition changed", "Cầm Thị Bình", "Quạt cây"] {
                assert!(ended.told.contains(part), "{part} in {}", ended.told);
            }
        }
        shown = ended.told;
    }
    assert_eq!(told, 4, "the manual shows what is told before it is signed");
    for part in ["effective", "dột mái", "không có máy", "Sổ đỏ"] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
}

/// Counts what a sheet lists: one of each, the computer worn.
fn fill_in(sheet: &Path) {
    let empty = std::fs::read_to_string(sheet).expect("a counting sheet");
    let mut lines: Vec<Vec<String>> = empty
        .lines()
        .map(|line| line.split(',').map(str::to_owned).collect())
        .collect();
    let at = |heading: &str| {
        lines[0]
            .iter()
            .position(|cell| cell == heading)
            .expect("a column")
    };
    let (counted, condition) = (at("Quantity counted"), at("Condition found"));
    for line in lines.iter_mut().skip(1) {
        line[counted] = "1".to_owned();
        if line.iter().any(|cell| cell == "MT-001") {
            line[condition] = "cũ".to_owned();
        }
    }
    let filled: Vec<String> = lines.iter().map(|line| line.join(",")).collect();
    std::fs::write(sheet, filled.join("\n")).expect("a counting sheet");
}

#[test]
fn a_machine_comes_back() {
    let province = Province::found();
    let daemon = province.node.start();
    let (lost, _) = province.add_node("xa", &province.node.addresses());
    let running = lost.start();
    converge(&[&province.node, &lost]);
    let register = [
        "asset",
        "register",
        "--unit",
        &province.unit,
        "--code",
        "TS-1",
        "--name",
        "Máy bơm",
        "--cost",
        "1000000",
    ];
    province.sign_at(&lost, "head.pem", &register).with(0);
    converge(&[&province.node, &lost]);
    running.stop();
    // Only the key was kept; the network's founding statement is public.
    let saved = province.file("saved");
    std::fs::create_dir(&saved).expect("a folder");
    std::fs::copy(lost.home.join("node.key"), saved.join("node.key")).expect("the key");
    std::fs::copy(
        province.node.home.join("network.jws"),
        province.file("network.jws"),
    )
    .expect("the network");
    std::fs::remove_dir_all(&lost.home).expect("the lost disk");

    let mut shell = Shell::of(&province);
    let mut told = 0;
    for line in commands("When a machine comes back") {
        let run = |shell: &mut Shell<'_>| {
            let ended = shell.run(&line.command);
            let fits = line.quoted().is_none_or(|quote| ended.said.contains(quote));
            // `status` ends with 3 while there is something to look at.
            if fits && matches!(ended.exit, Some(0 | 3)) {
                Ok(())
            } else {
                Err(format!("{}\n{ended:?}", line.command))
            }
        };
        if line.quoted().is_some() {
            told += 1;
            wait_for("what the manual says", || run(&mut shell));
        } else {
            run(&mut shell).unwrap();
        }
        listen_anywhere(&lost.home);
    }
    assert_eq!(told, 1, "the manual shows what `soxa status` says");
    converge(&[&province.node, &lost]);
    daemon.stop();
}

/// Lets a node that was set up as the manual says listen at any port: tests run beside each other.
fn listen_anywhere(home: &Path) {
    let file = home.join("config.toml");
    let written = std::fs::read_to_string(&file).expect("the configuration");
    let lines = written.lines().map(|line| match line.starts_with("listen = ") {
        true => format!("listen = [\"{LOOPBACK}\"]\n"),
        false => format!("{line}\n"),
    });
    std::fs::write(file, lines.collect::<String>()).expect("the configuration");
}
