//! Tokens survive chats and are refused when anything of them is wrong; the words of joining, to the byte.

use proptest::prelude::*;
use soxa_ledger::{NetworkId, NodeKey, SecretKey, StatementId, Time};
use soxa_sync::limits::TOKEN_ADDRESSES_MAX;
use soxa_sync::{JoinRefusal, JoinRequest, JoinResponse, Token, TokenError};

const GOLDEN: &str = concat!(
    "soxa102r8cp10040g2081040g2081040g2081040g2081040g2081040g2081040ng802081040g2081040g2081040g2081040g",
    "2081040g2081040g209c200r30c1g60r30c1g60r30c1g60r30c1g60r30c1g60r30c1g60r3b0g081040g2081040g2081040g2",
    "081040g2081040g2081040g20810v000038feasf010br3cqpjw1m5ws30cse64rk6bhh6crjwchfehhq0bsq6cr31f01hj366",
);

fn token() -> Token {
    Token {
        network: NetworkId([1; 32]),
        invite: StatementId([2; 32]),
        node: NodeKey([3; 32]),
        key: SecretKey::from_seed(&[4; 32]),
        expires: Time(1_795_000_000_000),
        addresses: vec!["/ip4/203.113.131.2/tcp/7300".to_owned()],
    }
}

fn read(text: &str) -> Result<String, TokenError> {
    text.parse::<Token>().map(|token| token.to_string())
}

#[test]
fn a_token_reads_as_written_and_keeps_its_bytes() {
    let text = token().to_string();
    assert_eq!(text, GOLDEN);
    assert!(text.len() < 320, "{} letters", text.len());
    let back: Token = text.parse().unwrap();
    let fields = |t: &Token| {
        (
            t.network,
            t.invite,
            t.node,
            t.key.public(),
            t.expires,
            t.addresses.clone(),
        )
    };
    assert_eq!(fields(&back), fields(&token()));
}

#[test]
fn a_token_survives_chats_and_readers() {
    let text = token().to_string();
    let broken: String = text
        .chars()
        .enumerate()
        .map(|(i, c)| {
            if i % 40 == 39 {
                format!("{c}\n ")
            } else {
                c.to_string()
            }
        })
        .collect();
    let aloud = text[5..].replace('0', "O").replace('1', "l");
    for way in [
        format!("  {text}\r\n"),
        text.to_uppercase(),
        broken,
        format!("soxa1{aloud}"),
    ] {
        assert_eq!(read(&way), Ok(text.clone()), "{way}");
    }
}

#[test]
fn every_cut_and_every_wrong_letter_is_told() {
    let text = token().to_string();
    for end in 0..text.len() {
        let expected = if end < 5 {
            TokenError::NotAToken
        } else {
            TokenError::CutOff
        };
        assert_eq!(read(&text[..end]), Err(expected), "cut at {end}");
    }
    for at in 5..text.len() {
        let mut wrong = text.clone().into_bytes();
        wrong[at] = if wrong[at] == b'7' { b'8' } else { b'7' };
        let wrong = read(&String::from_utf8(wrong).unwrap());
        assert!(
            matches!(wrong, Err(TokenError::Mistyped | TokenError::CutOff)),
            "letter {at}: {wrong:?}"
        );
    }
    assert_eq!(read(&format!("{text}7777777")), Err(TokenError::Mistyped));
    assert_eq!(read(&format!("{text}u")), Err(TokenError::Mistyped));
    assert_eq!(read("soxa2abc"), Err(TokenError::Later));
    assert_eq!(read("xin chào"), Err(TokenError::NotAToken));
    assert_eq!(read("sổxa1"), Err(TokenError::NotAToken));
}

#[test]
fn a_token_beyond_its_limits_is_malformed() {
    let mut many = token();
    many.addresses = vec!["/ip4/10.0.0.1/tcp/1".to_owned(); TOKEN_ADDRESSES_MAX + 1];
    assert!(matches!(read(&many.to_string()), Err(TokenError::Malformed(_))));
    let mut long = token();
    long.addresses = vec!["/".repeat(65)];
    assert!(matches!(read(&long.to_string()), Err(TokenError::Malformed(_))));
}

#[test]
fn golden_words() {
    let look = JoinRequest::Look {
        node: NodeKey([7; 32]),
    };
    let mut bytes = vec![0x83, 1, 0, 0x58, 32];
    bytes.extend([7; 32]);
    assert_eq!(look.encode(), bytes);
    let join = JoinRequest::Join {
        admission: b"{}".to_vec(),
    };
    assert_eq!(join.encode(), [0x83, 1, 1, 0x42, b'{', b'}']);
    for request in [look, join] {
        assert_eq!(JoinRequest::decode(&request.encode()), Ok(request));
    }
    let invited = JoinResponse::Invited {
        genesis: vec![1],
        invite: vec![2],
    };
    assert_eq!(invited.encode(), [0x84, 1, 0, 0x41, 1, 0x41, 2]);
    assert_eq!(JoinResponse::Welcome.encode(), [0x82, 1, 1]);
    let refused = JoinResponse::Refused(JoinRefusal::Retired);
    assert_eq!(refused.encode(), [0x83, 1, 2, 5]);
    for response in [invited, JoinResponse::Welcome, refused] {
        assert_eq!(JoinResponse::decode(&response.encode()), Ok(response));
    }
    for bad in [
        &[0x83, 1, 2, 8][..],
        &[0x82, 2, 1],
        &[0x82, 1, 3],
        &[0x83, 1, 2, 0x18, 5],
        &[],
    ] {
        assert!(JoinResponse::decode(bad).is_err(), "{bad:?}");
    }
}

proptest! {
    #[test]
    fn strangers_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), text in ".{0,80}") {
        let _ = JoinRequest::decode(&bytes);
        let _ = JoinResponse::decode(&bytes);
        let _ = text.parse::<Token>();
        let _ = format!("soxa1{text}").parse::<Token>();
    }
}
