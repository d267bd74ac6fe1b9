//! Root keys: changed by a quorum of those in office, and their signatures gathered in a file that goes round.

use crate::support::program::{soxa, soxa_with};
use crate::support::province::{LOOPBACK, Node, Province, converge, new_key};
use soxa_lang::Lang;

#[test]
fn root_keys_are_changed_and_signatures_gathered_in_a_file() {
    let province = Province::found();
    let _daemon = province.node.start();
    let home = &province.node.home;
    let root = |args: &[&str], key: &str| province.sign_as_root(key, args);
    for key in ["a.pem", "b.pem", "c.pem"] {
        new_key(&province.file(key), key);
    }
    let [a, b, c] = ["a.pem", "b.pem", "c.pem"].map(|key| province.path(key));
    let change = ["key", "roots", "--new", &a, &b, &c, "--quorum", "2"];
    let said = root(&change, "root.pem").with(0).said;
    for words in [
        "2 of these 3 root keys",
        "Nothing that this node holds gains or loses effect",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }

    let holder = province.path("a.pem");
    let appoint = [
        "key",
        "appoint",
        "--holder",
        &holder,
        "--person",
        "Lò Thị Lan",
        "--unit",
        &province.unit,
        "--role",
        "unit_head",
    ];
    let said = root(&appoint, "root.pem").said;
    assert!(said.contains("ended"), "the old key speaks for nobody: {said}");
    let said = root(&appoint, "a.pem").said;
    assert!(
        said.contains("quorum") || said.contains("root keys"),
        "one of two is not enough: {said}"
    );

    let file = province.path("appointment.jws");
    let said = root(&[&appoint[..], &["--into", &file]].concat(), "a.pem")
        .with(0)
        .said;
    assert!(said.contains("1 of 2 root signatures"), "{said}");
    // Whoever signs next needs no running node; whoever stores it needs no key.
    let said = root(&["key", "cosign", &file], "c.pem").with(0).said;
    assert!(
        said.contains("carries 2 signatures") && said.contains("Lò Thị Lan"),
        "{said}"
    );
    soxa(home, &["key", "cosign", &file, "--store"]).with(0);
    let officials = province.told(0, &["key", "officials"]);
    assert_eq!(officials["officials"].as_array().unwrap().len(), 3, "{officials}");
    // What the old keys had said stands: the head still signs.
    province.add_commune("03847", "Xã Mường Bú", "giver.pem");
}

/// Two of three root keys have to sign: one writes a file, another signs it on a machine without a node, and whoever has
/// a node stores it.
#[test]
fn what_only_the_root_says_goes_round_in_a_file() {
    let province = Province::found();
    let _daemon = province.node.start();
    let addresses = province.node.addresses();
    for key in ["a.pem", "b.pem", "c.pem"] {
        new_key(&province.file(key), key);
    }
    let [a, b, c] = ["a.pem", "b.pem", "c.pem"].map(|key| province.path(key));
    let change = ["key", "roots", "--new", &a, &b, &c, "--quorum", "2"];
    province.sign_as_root("root.pem", &change).with(0);

    // An invite: its token is shown when the file is written, and works once the file is stored.
    let file = province.path("invite.jws");
    let invite = [
        "invite",
        "14",
        "--name",
        "Mường Bú",
        "--address",
        &addresses[0],
        "--into",
        &file,
        "--format",
        "json",
    ];
    let invited = province.sign_as_root("a.pem", &invite).with(0);
    for words in ["1 of 2 root signatures", "works once the file carries enough"] {
        assert!(invited.said.contains(words), "{words}: {}", invited.said);
    }
    let invited = invited.json();
    let (token, home) = (
        invited["token"].as_str().expect("a token"),
        province.file("commune"),
    );
    let join = || {
        let args = ["join", token, "--listen", LOOPBACK, "--yes", "--format", "json"];
        soxa_with(&home, Lang::En, &args, "")
    };
    assert_ne!(join().exit, Some(0), "the invite is not stored yet");
    let cosigned = province.sign_as_root("c.pem", &["key", "cosign", &file]).with(0);
    assert!(cosigned.said.contains("Mường Bú"), "{}", cosigned.said);
    soxa(&province.node.home, &["key", "cosign", &file, "--store"]).with(0);
    let joined = join().with(0).json();
    let node = Node::at(home.clone(), joined["node"].as_str().expect("a key").to_owned());
    let commune = node.start();
    converge(&[&province.node, &node]);
    commune.stop();

    // An admission, and its end.
    let home = province.file("other");
    let network = province.node.home.join("network.jws").display().to_string();
    let init = [
        "init",
        "node",
        "--network",
        &network,
        "--listen",
        LOOPBACK,
        "--format",
        "json",
    ];
    let other = soxa(&home, &init).with(0).json()["node"]
        .as_str()
        .expect("a key")
        .to_owned();
    let state = |node: &str| {
        let told = province.told(0, &["node", "list"]);
        let nodes = told["nodes"].as_array().expect("nodes").clone();
        nodes
            .into_iter()
            .find(|one| one["node"] == node)
            .map(|one| one["state"].clone())
    };
    let retire = ["node", "retire", &other];
    let admit = ["node", "admit", &other, "--unit", "14", "--name", "Thuận Châu"];
    for (args, expected) in [(&admit[..], "admitted"), (&retire[..], "retired")] {
        let file = province.path("goes-round.jws");
        let before = state(&other);
        let said = province
            .sign_as_root("a.pem", &[args, &["--into", &file]].concat())
            .with(0)
            .said;
        assert!(said.contains("1 of 2 root signatures"), "{said}");
        assert_eq!(state(&other), before, "nothing is stored yet");
        province
            .sign_as_root("b.pem", &["key", "cosign", &file, "--store"])
            .with(0);
        assert_eq!(state(&other).expect("it is known"), expected);
    }
}
